"""The protocol: what the page and the server say to each other. The server is `door`, the page is in page/.

All over one origin, http://127.0.0.1:PORT. Seconds are seconds of film (tick time), never of a wall clock, unless said. Places
in the picture are shares of it, (0, 0) the top left corner, (1, 1) the bottom right. A tick is one dream; numbers count from 0.

══ HTTP ═════════════════════════════════════════════════════════════════════════════════════════════════════════════════════

    GET  /                    page.html                     no cookie is needed for this and the two below
    GET  /screen              screen.html, the picture alone (OBS, a projector)
    GET  /page/NAME           the page's other files, flat or in folders: js, css, svg, png, woff2
    POST /enter               {"token": "…"} -> 204 and the cookie (HttpOnly, SameSite=Strict); 403 for a token that is none

The page is opened as http://127.0.0.1:PORT/#TOKEN. It POSTs the fragment to /enter, removes it from the address bar, then
opens the socket. A token is good once. A page that has the cookie (a reload, a restarted server) goes straight to the
socket; the cookie outlives the server. Without it everything below answers 403 {"error": "…"}.

    GET  /state               the message "state" below, as JSON; 204 while the film is being built, as for the two below
    GET  /vocabulary          the message "vocabulary" below
    GET  /knowledge           the message "knowledge" below
    GET  /plate/NETWORK/LAYER/NUMBER.jpg   what that channel (LAYER "classes": that class) looks like, 96 x 96;
                              404 until it is dreamed
    GET  /tick/NUMBER.jpg?width=160        a tick of the live take, 16 to 4096 pixels wide; 404 if it is not there
    GET  /sound               the film's music, from the file (ranges are answered); 404 where the film has none
    GET  /files/PATH          a file below the film's own folder (pictures, sounds, films and tables only)
    GET  /takes/PATH          the same below the folder of takes: snapshots, GIFs, films that were rendered

Whatever is not a GET must bear `Origin` of this server; bodies are at most 64 KiB. Errors are JSON: {"error": "one sentence"}.

══ The socket: GET /live ════════════════════════════════════════════════════════════════════════════════════════════════════

Text messages are JSON objects with "type". Binary messages are dreams, server -> page only.

── A dream (binary)

    bytes 0–3    length of the header, uint32 little-endian = N
    bytes 4–N+3  the header, JSON in UTF-8, padded with spaces so that N + 4 is a multiple of 4
    then         "mesh" bytes of float32 little-endian, if the header says so; else nothing
    then         "mask" bytes of a grey JPEG, where the film is dreamed (white) or stands still (black); else nothing
    then         "still" bytes of a JPEG, what stands still there, where there is a mask; else nothing
    then         a JPEG, the canvas, to the end

    header:
      serial      int, counts all dreams sent of this session: what "ack" names
      take        str, name of the live take, "take-003": another one is a cut (a fork, start over, another size or network)
      tick        int
      seconds     float, of film
      since       float, seconds of film from the tick before to this one; 0 at tick 0
      rate        float, dreams a second of film
      cut         bool: nothing leads here from the dream before (tick 0, a cut, the first after a fork or scrub)
      scrub       bool: a tick read from the negative, because "scrub" was sent; the session's own head is elsewhere
      size        [width, height], pixels
      amount      float 0..1, how much of the dream the JPEG shows; the rest of it is what was there before: nothing to do
      fine        float, energy of the fine detail: mean square of the luminance minus its 3x3 binomial blur (colour.fine)
      path        how the camera came here from the tick before, a list of STEPS (8) matrices, each 9 numbers, row by row:
                  path[i-1] takes Coords as they were at the tick before to where they are i/8 of the way on; the last is the
                  whole move. Coords: centre 0, y from -1 at the top edge to 1 at the bottom edge, x in the same unit
                  (x right, up to width/height). Projective: divide by the third. [] where cut, or where the move bends.
      mesh        bytes of mesh that follow, 0 where the move is matrices
      mesh_size   [columns, rows, steps] of the mesh, else null: of motions that bend, and of footage, whose flow it is.
                  For each of steps + 1 times (0 .. steps)/steps of the way on, for each row of points, for each point:
                  4 float32: x, y where that point of the frame was at the tick before, then x, y where it will be at
                  this tick. Points lie evenly from edge to edge, all in Coords.
      mask        bytes of the mask that follow, 0 where all of the frame moves: only a mask of the screen stands still
      still       bytes of the picture that follow which is seen where the mask is black; 0 where there is none
      velocity    9 numbers: d/dt of the matrix now, in Coords a second: what the newest dream is moved by until the next comes
                  (exp(velocity * t)); of motions that bend the matrix part only
      center      [x, y] in shares, what the motions are about
      border      "reflect", "wrap" or "replicate": what lies past the edge
      dreaming    float, wall seconds that this dream took; 0 when scrubbed

    A frame at u (0..1) between dream A (before) and B: as in render/frames.py `_mix_travelled`, with share s = u*u*(3-2u):
    weights (1-s) * cover(A moved on to u) + 1e-6*(1-s >= .5)  and  s * cover(B moved back to u) + 1e-6*(s >= .5), where
    cover falls off to 0 within 0.06 frame heights of the edge of the moved picture; mixed; then sharpened until its fine
    energy is (1-s)*fineA + s*fineB, gain at most 1.5; then laid into the mask, over what stands still.

The first dream of a session is preceded by the picture that it begins with: tick 0, and a cut.

The page acks each dream it has decoded: {"type": "ack", "serial": n}. At most two are in flight for each page; when a place
is free the newest is sent, those between are left out. A page that never acks gets two, and costs nobody anything. A hidden
tab need not ack; it acks what it has when it is seen again.

── page -> server. Each may bear "id" (int or str), which its answer repeats:
   {"type": "done", "id": …} or {"type": "error", "id": …}. The state that an order leads to is told before its answer, but for
   that of "set", which comes many times a second. Orders that name a tick or an objective may bear "take": NAME, the take whose
   ticks and objectives they mean; where that has ended they are refused, and numbers of objectives are not set.

    set       {"values": {KEY: NUMBER, …}, "over": seconds = 0}   numbers of handles, from the next tick on; KEY as in the
              vocabulary. Pointer: {"motion.center.0": x, "motion.center.1": y}. Wheel and keys: motion.zoom (multiply),
              rotate, pan.0, pan.1.
              over: the number glides there in so many seconds of film (zoom by equal factors)
    release   {"keys": [KEY, …] = all}  as the file says again, expression and all
    play  pause                         {}
    over      {}                        start over: a new take from tick 0, numbers as they are now
    record    {"over": bool = false}    record, and play; the flight begins at the beginning of the take. over: begin a new take
    stop      {}                        stop recording: NAME-flight.yaml and .csv are written -> "flight"
    save      {"name": str = null}      the same without stopping, any time: everything is always recorded
    thin      {"flight": NAME, "pixels": float}     drop the rows that are seen least of a saved flight, up to that error at
              1080p, from its table; rendered large it is as it was flown -> "flight"
    scrub     {"tick": n}               show that tick from the negative (the session is paused while scrubbing)
    live      {}                        leave scrubbing: the head of the take again, paused or playing as it was
    fork      {"tick": n}               go on from there: a new take whose first ticks are the old one's
    mark      {"tick": n = head, "name": str = ""}      unmark {"tick": n}
    snapshot  {"tick": n = shown}       16-bit PNG of the canvas -> "file"
    gif       {"seconds": 4, "width": 480, "fps": 15}   the last seconds of film -> "file", when it is made
    render    {"flight": NAME = null, "size": "1080p", "quality": "final" | "draft" | "flown"}   queue a rendering; without
              NAME the flight so far is saved first. flown: the steps that were flown; final: the film's own. A larger film
              has the flight's shape and follows its take: what one flew into is there -> "jobs"
    cancel    {"job": n}
    add       {"term": {…}, "over": seconds = 1}        an objective as YAML has it ({"layer": "block_12"}, {"class": "owl"},
              {"channels": [3], "layer": "low"}); enters with weight 0 and rises to its weight (1) in so many seconds.
              A garden, or a network that is not loaded, is a cut: the film begins anew with it
    drop      {"index": n, "over": 1}   that objective's weight goes to 0
    write     {"keys": [KEY, …] = all}  the values as they are now are written into the film's file, comments kept
    size      {"size": "320x180"}       a cut: the film begins anew at that size. {"size": "auto"}: the governor picks
    govern    {"on": bool}              whether the governor may change steps and octaves; off while recording in any case
    plates    {"network": NAME, "plates": [[LAYER, n], …]}  dream plates that are not there yet, most wanted first -> "plate"
              for each
    visit     {"network": NAME}         load one of "others", to show what it knows -> "knowledge"
    mend      {}                        make takes of flights that were cut off -> "said" for each
    ack       {"serial": n}             no answer

── server -> page

    welcome   {"version": 1, "film": {"name", "file": path or null, "folder", "sound": bool}, "take": NAME}
              after each (re)connection; state, vocabulary, knowledge, jobs and the newest dream follow
    state     sent whenever something of it changes, whole:
        {"playing": bool, "recording": bool, "scrub": tick or null, "ended": bool (footage or duration is over),
         "take": NAME, "tick": head, "first": 0, "seconds": of the head, "duration": seconds or null where there is no end,
         "rate": dreams a second of film, "size": [w, h], "film_size": [w, h] of the film itself,
         "dreams": dreams a second of wall clock, lately, "keeps_up": bool, "share": share of a tick that is not dreaming, 0..1,
         "governor": {"on": bool, "size": "320x180", "steps": n, "octaves": n, "because": one sentence},
         "values": {KEY: number at the head}, "moved": [KEYs that are set here and not by the file], "terms": [TERM, …],
         "marks": [{"tick", "seconds", "name"}], "flights": [{"name", "yaml", "csv", "ticks", "seconds", "size"}],
         "device": "cpu", "paused_by": null or one sentence, "unsaved": [KEYs that "write" would change]}
        TERM: {"index", "kind", "words": "garden: goldfish, daisy, …", "layer", "network", "weight": number,
               "key": "dream.objective.0.weight", "dropped": bool}
    values    {"tick": n, "values": {KEY: number}}      only numbers that changed since; at most one a tick
    vocabulary
        {"handles": [HANDLE, …], "motions": ["zoom", …],
         "objectives": [{"kind", "meaning", "settings": [{"key", "takes", "meaning", "needed"}]}]}
        HANDLE: {"key": "motion.zoom", "name": "zoom", "group": "motion" | "dream" | "look" | "flow" | "objective 1" | …,
                 "unit": "times per second", "low": 0.001, "high": 1000, "whole": bool, "log": bool (equal factors),
                 "value": number, "default": number or null, "meaning": one sentence, "pair": KEY of the other number or null,
                 "likely": [low, high] range that a hand would want, "moves": bool (the file moves it),
                 "written": what the file says, "curve": [[seconds, number], …] (64 or fewer points over the next
                 seconds, if it moves), "live": bool, "why": one sentence why it cannot be moved here}
    knowledge {"networks": [{"name", "layers": [{"name", "channels": n, "depth": 0..1, "named": {"eyes": 3, …}}],
              "classes": [NAME, …], "plates": {LAYER: [numbers that are dreamed]},
              "cut": bool (it is only shown: adding of it is a cut)}],
              "others": [names of networks that are here and not loaded]}
    plate     {"network", "layer", "number", "url"}     this one is there now
    fault     {"text": the whole message as the command line prints it, "problems": [{"file", "line", "column", "width",
              "message", "hint", "source": text of the line, "shown": as the command line shows the one problem}]}
              (line and column from 1; 0 where there is none): the file was saved with faults; the old film plays on
    mended    {}                        the file is good again (or for the first time); a fault on show can go
    said      {"text": one sentence, "hint": "", "grave": bool}   a notice, such as a cut, or why something is not live
    flight    {"flight": FLIGHT as in state, "rows": n, "rows_before": n, "pixels": error of thinning at 1080p or null}
    file      {"id", "what": "snapshot" | "gif" | "film", "url", "path": on disk, "bytes"}
    jobs      {"jobs": [{"job": n, "flight", "size", "quality", "share": 0..1, "left": wall seconds or null,
              "stage": "queued" | "dreaming" | "developing" | "done" | "failed" | "cancelled",
              "url": of the film when it is done, "text": why it failed}]}
    done      {"id"}                    error {"id", "text": one sentence, "hint": ""}
    bye       {}                        the server is ending; the socket closes with 1001. Closed otherwise, it was killed:
              try again every second, the same cookie is good at a restarted server

Closing codes: 1008 the door refused (host, origin, cookie); 1009 a message was larger than MESSAGE; 1003 the tenth message
that is no JSON object with a type (each of them answered by an "error"); 1013 too far behind, come again.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

VERSION = 1
STEPS = 8  # matrices from tick to tick
MESH = (17, 10, 4)  # columns, rows and steps of the mesh of a move that bends
FLOW_MESH = (33, 19, 1)  # the same of footage: things in it are small, and go evenly from tick to tick
MESSAGE = 64 * 1024  # bytes of a message from the page, at most
IN_FLIGHT = 2  # dreams on their way to one page


def pack_dream(header: Mapping[str, Any], jpeg: bytes, mesh: bytes = b"", mask: bytes = b"", still: bytes = b"") -> bytes:
    """A dream as it travels: see above."""
    sizes = {"mesh": len(mesh), "mask": len(mask), "still": len(still)}
    text = json.dumps({**header, **sizes}, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<I", len(text)) + text + mesh + mask + still + jpeg


def unpack_dream(message: bytes) -> tuple[dict[str, Any], bytes]:
    """(header, all that follows it) of a dream that travelled."""
    (length,) = struct.unpack_from("<I", message)
    return json.loads(message[4 : 4 + length]), message[4 + length :]
