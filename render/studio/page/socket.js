// The socket. What the page and the server say to each other: protocol.py has every message.

const AGAIN = 1000; // milliseconds until it is tried again

/** Trades the token of the address for a cookie, and takes it out of the address bar. */
export async function enter() {
  const token = location.hash.slice(1);
  if (!token) return;
  history.replaceState(null, "", location.pathname);
  await fetch("/enter", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }),
  }).catch(() => null); // a server that is gone is noticed by the socket
}

/** The line to the server, joined again whenever it breaks. `state`: "joining", "open", "lost" or "refused". */
export class Socket {
  constructor() {
    this.state = "joining";
    this.listeners = new Map();
    this.waiting = new Map(); // id -> [resolve, reject]
    this.asked = 0;
    this.socket = null;
    this.before = () => {}; // what is still to be sent before anything is asked
  }

  /** Calls `act` with each message of that type; "dream" with the bytes of each dream, "line" whenever `state` changes. */
  on(type, act) {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), act]);
  }

  tell(type, message) {
    for (const act of this.listeners.get(type) ?? []) act(message);
  }

  join() {
    const protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(`${protocol}//${location.host}/live`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.become("open");
    this.socket.onmessage = ({ data }) => (typeof data === "string" ? this.hear(JSON.parse(data)) : this.tell("dream", data));
    this.socket.onclose = () => this.leave();
  }

  async leave() {
    for (const [, reject] of this.waiting.values()) reject(new Error("The server has ended."));
    this.waiting.clear();
    const answer = await fetch("/state").catch(() => null);
    this.become(answer?.status === 403 ? "refused" : "lost");
    if (this.state === "lost") setTimeout(() => this.join(), AGAIN);
  }

  become(state) {
    if (state === this.state) return;
    this.state = state;
    this.tell("line", state);
  }

  hear(message) {
    if (message.type === "done" || message.type === "error") {
      const [resolve, reject] = this.waiting.get(message.id) ?? [];
      this.waiting.delete(message.id);
      if (message.type === "done") resolve?.(message);
      else if (reject) reject(new Error([message.text, message.hint].filter(Boolean).join(" ")));
    }
    this.tell(message.type, message);
  }

  /** Sends a message that wants no answer; without a server it is lost. */
  send(type, fields = {}) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type, ...fields }));
  }

  /** Sends a message, after all that waits, and promises that it is done; raises an Error in the server's words. */
  ask(type, fields = {}) {
    this.before();
    if (this.socket?.readyState !== WebSocket.OPEN) return Promise.reject(new Error("The server is not there."));
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, [resolve, reject]);
      this.send(type, { ...fields, id });
    });
  }
}
