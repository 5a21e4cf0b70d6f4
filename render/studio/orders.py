"""Orders: what the page can ask of a session, by the type of its message. Each is (session, message, reply) -> nothing.

A new one is a function and its row in ORDERS; what it needs of a message is read by `field`, which says what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

from render.config.mapping import load_mapping
from render.config.problem import SettingError
from render.config.scalars import NetworkChoice, read_size
from render.develop import files, stills
from render.develop.shoot import explain_failures
from render.errors import MissingError, RenderError
from render.studio.flight import scene_of_its_own
from render.studio.jobs import QUALITIES
from render.studio.mending import mend_takes
from render.studio.pictures import last_seconds
from render.studio.record import free_name, is_used
from render.studio.revisions import add_term, drop_term, plant, read_again, resize, write
from render.studio.session import Message, Order, Reply, Session
from render.studio.setup import term_index
from render.studio.thin import count_rows
from render.weights import store

T = TypeVar("T")

MOST_CHANNELS = 10**6  # of a layer, far beyond that of any network


def carry_out(session: Session, message: Message, reply: Reply) -> None:
    """Do what a message orders, and answer; a fault is an answer, too."""
    answer = {"id": message["id"]} if "id" in message else {}
    order = ORDERS.get(str(message.get("type")))
    outcome: Message = {"type": "done"}
    try:
        if order is None:
            raise RenderError(f"there is no order {message.get('type')!r}")
        with explain_failures(session.stage.config):
            order(session, message, lambda said: reply({**answer, **said}))
    except RenderError as error:
        outcome = {"type": "error", "text": error.message, "hint": error.hint}
    except SettingError as wrong:
        outcome = {"type": "error", "text": f"the value {wrong.message}", "hint": wrong.hint}
    if answer and message.get("type") != "set":  # whoever waits for the answer knows by it what is so now; a hand has no time
        session.tell_state()
    reply({**answer, **outcome})


def field(message: Message, name: str, kind: type[T], default: T | None = None) -> T:
    """A field of a message. Raises RenderError for one that is not there, or of another kind."""
    value = message.get(name, default)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        with suppress(OverflowError):  # JSON's numbers have no end
            value = float(value)
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise RenderError(f"{message.get('type')}: {name} must be {NAMES[kind]}")
    return value


NAMES: Mapping[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}


def _set(session: Session, message: Message, reply: Reply) -> None:
    values = field(message, "values", dict)
    numbers = {str(key): field({"type": "set", key: value}, key, float) for key, value in values.items()}
    if _of_another_take(session, message):  # the objective that stood at that place
        numbers = {key: number for key, number in numbers.items() if term_index(key) is None}
    session.set(numbers, _seconds(message, "over", 0.0))


def _seconds(message: Message, name: str, default: float) -> float:
    seconds = field(message, name, float, default)
    if not 0 <= seconds <= 3600:
        raise RenderError(f"{message.get('type')}: {name} is {seconds:g}; it takes 0 to 3600 seconds")
    return seconds


def _of_another_take(session: Session, message: Message) -> bool:
    """Whether a page means a take that has ended: its ticks and objectives are other ones than those of now."""
    name = session.live_take.folder.name
    return field(message, "take", str, name) != name


def _require_take(session: Session, message: Message, what: str) -> None:
    """Refuse what belongs to a take that has ended."""
    if _of_another_take(session, message):
        raise RenderError(f"{message.get('type')}: {what} is of {message['take']}, which has ended", "the film began anew")


def _release(session: Session, message: Message, reply: Reply) -> None:
    session.release([str(key) for key in field(message, "keys", list, sorted(session.hand.moved))])


def _play(session: Session, message: Message, reply: Reply) -> None:
    session.playing, session.paused_by = True, ""
    if session.scrubbed:
        session.back_to_live()


def _pause(session: Session, message: Message, reply: Reply) -> None:
    session.playing = False


def _over(session: Session, message: Message, reply: Reply) -> None:
    session.start_over()


def _record(session: Session, message: Message, reply: Reply) -> None:
    if field(message, "over", bool, False):
        session.start_over()
    _play(session, message, reply)
    session.recording = True


def _stop(session: Session, message: Message, reply: Reply) -> None:
    _save(session, message, reply)
    session.recording = False


def _save(session: Session, message: Message, reply: Reply) -> None:
    name = message.get("name") or free_name(session.setup.script.folder, session.original.config.name)
    if not isinstance(name, str) or not files.folder_name(name) == name:
        raise RenderError(f"{name!r} is no name for a flight", "letters, digits, - and _ will do")
    if name not in session.flights and is_used(session.setup.script.folder, name):
        raise RenderError(f"{name}: a file is called so already, and is not written over", "give the flight another name")
    _save_as(session, name)


def _save_as(session: Session, name: str) -> None:
    if session.state is None:
        raise RenderError("nothing was dreamed yet that could be saved", "in a moment")
    saved = session.flights.save(name, session.live_take, session.stage, session.rows, session.head, session.known)
    rows = count_rows(saved.rows)
    session.audience.tell({"type": "flight", "flight": saved.message, "rows": rows, "rows_before": rows, "pixels": None})


def _tick(session: Session, message: Message, default: int | None = None) -> int:
    tick = field(message, "tick", int, default)
    _require_take(session, message, f"tick {tick}")
    if not 0 <= tick <= session.head:
        raise RenderError(f"{message.get('type')}: there is no tick {tick}; the take has 0 to {session.head}")
    return tick


def _scrub(session: Session, message: Message, reply: Reply) -> None:
    session.scrub(_tick(session, message))


def _live(session: Session, message: Message, reply: Reply) -> None:
    session.back_to_live()


def _fork(session: Session, message: Message, reply: Reply) -> None:
    session.fork(_tick(session, message))


def _mark(session: Session, message: Message, reply: Reply) -> None:
    session.marks[_tick(session, message, session.shown)] = field(message, "name", str, "")[:80]
    _note_marks(session)


def _unmark(session: Session, message: Message, reply: Reply) -> None:
    session.marks.pop(_tick(session, message), None)
    _note_marks(session)


def _note_marks(session: Session) -> None:
    session.live_take.take.note(marks=[{"tick": tick, "name": name} for tick, name in sorted(session.marks.items())])


def _snapshot(session: Session, message: Message, reply: Reply) -> None:
    tick, take = _tick(session, message, session.shown), session.live_take
    path = take.folder / f"snapshot-{tick:06}.png"
    files.write(path, stills.png(take.negative.read(tick), session.stage.config.yaml()))
    reply(file_message(session, "snapshot", path))


def file_message(session: Session, what: str, path: Any) -> Message:
    """The message "file" for one below the folder of takes."""
    url = "/takes/" + path.absolute().relative_to(session.setup.root.absolute()).as_posix()
    return {"type": "file", "what": what, "url": url, "path": str(path), "bytes": path.stat().st_size}


def _govern(session: Session, message: Message, reply: Reply) -> None:
    session.governor.begin(field(message, "on", bool))


def _size(session: Session, message: Message, reply: Reply) -> None:
    text = field(message, "size", str)
    if text == "auto":
        session.governor.begin(True)
        pixels = session.setup.pixels
    else:
        size, (height, width) = read_size(text), session.original.size
        pixels = width * height if size.of_source else size.width * size.height
    resize(session, pixels, "another size is another flight: the film begins anew")


def _add(session: Session, message: Message, reply: Reply) -> None:
    term = field(message, "term", dict)
    written = {"dream": {"network": session.original.network, "objective": [term]}}
    (read,) = load_mapping(written, session.setup.script.folder).dream.objective
    if read.kind == "garden":
        plant(session, read, "a garden grows from the beginning")
    elif read.network and not session.knows(read.network):
        require_weights(read.network)
        plant(session, read, f"{read.network.name} is a new network")
    else:
        weight = read.weight.constant
        add_term(session, read, 1.0 if weight is None else weight, _seconds(message, "over", 1.0))


def require_weights(network: NetworkChoice) -> None:
    """Refuse a network whose weights are not here: a film that is flown waits for no download. Raises MissingError."""
    if network.weights is None and store.publishes(network.name) and (missing := store.pending(network.name)):
        raise MissingError(missing, f"render weights get {network.name}")


def _drop(session: Session, message: Message, reply: Reply) -> None:
    index = field(message, "index", int)
    _require_take(session, message, f"objective {index}")
    if not 0 <= index < len(session.stage.config.dream.objective):
        raise RenderError(f"drop: there is no objective {index}")
    drop_term(session, index, _seconds(message, "over", 1.0))


def _write(session: Session, message: Message, reply: Reply) -> None:
    keys = message.get("keys")
    write(session, None if keys is None else [str(key) for key in field(message, "keys", list)])


def _read_again(session: Session, message: Message, reply: Reply) -> None:
    read_again(session)


def _mend(session: Session, message: Message, reply: Reply) -> None:
    for words in mend_takes(session.setup.root, session.setup.device, session.known):
        session.say(words)
        reply({"type": "said", "text": words, "hint": "", "grave": False})


def _gif(session: Session, message: Message, reply: Reply) -> None:
    seconds, width, fps = _seconds(message, "seconds", 4.0), field(message, "width", int, 480), field(message, "fps", int, 15)
    if not (16 <= width <= 2048 and 1 <= fps <= 50 and 0 < seconds <= 60):
        raise RenderError("gif: seconds up to 60, width 16 to 2048, fps 1 to 50")
    stage, rows, take, last = session.stage, session.rows, session.live_take.folder, session.head

    def make() -> None:
        try:
            with explain_failures(stage.config):
                file = last_seconds(scene_of_its_own(stage, rows), take, last, seconds, width, fps)
            reply(file_message(session, "gif", file))
        except RenderError as error:
            session.say(f"the GIF could not be made: {error.message}", error.hint, grave=True)

    Thread(target=make, daemon=True).start()


def _thin(session: Session, message: Message, reply: Reply) -> None:
    session.audience.tell(session.flights.thin(_flight(session, message), field(message, "pixels", float)))


def _flight(session: Session, message: Message) -> str:
    """A flight that was saved in this session; the flight so far, saved now, where none is named."""
    name = message.get("flight")
    if name is None and message.get("type") == "render":
        name = free_name(session.setup.script.folder, session.original.config.name)
        _save_as(session, name)
    if name not in session.flights:
        raise RenderError(f"there is no flight {name!r} of this session")
    return str(name)


def _render(session: Session, message: Message, reply: Reply) -> None:
    size, quality = field(message, "size", str, "1080p"), field(message, "quality", str, "final")
    if quality not in QUALITIES:
        raise RenderError(f"render: quality is {quality!r}; it takes {', '.join(QUALITIES)}")
    read_size(size)
    name = _flight(session, message)
    file = session.flights.enlarge(name, size, quality, session.original.config, session.hand.moved)
    session.jobs.add(file, name, size, quality)


def _cancel(session: Session, message: Message, reply: Reply) -> None:
    session.jobs.cancel(field(message, "job", int))


def _plates(session: Session, message: Message, reply: Reply) -> None:
    pairs = [pair for pair in field(message, "plates", list) if isinstance(pair, list) and len(pair) == 2]
    wanted = [(str(layer), number) for layer, number in pairs if isinstance(number, int) and 0 <= number < MOST_CHANNELS]
    session.wall.want(field(message, "network", str), wanted)


def _visit(session: Session, message: Message, reply: Reply) -> None:
    session.wall.visit(field(message, "network", str))


ORDERS: Mapping[str, Order] = {
    "plates": _plates,
    "visit": _visit,
    "size": _size,
    "add": _add,
    "drop": _drop,
    "write": _write,
    "saved": _read_again,
    "mend": _mend,
    "gif": _gif,
    "thin": _thin,
    "render": _render,
    "cancel": _cancel,
    "set": _set,
    "release": _release,
    "play": _play,
    "pause": _pause,
    "over": _over,
    "record": _record,
    "stop": _stop,
    "save": _save,
    "scrub": _scrub,
    "live": _live,
    "fork": _fork,
    "mark": _mark,
    "unmark": _unmark,
    "snapshot": _snapshot,
    "govern": _govern,
}
