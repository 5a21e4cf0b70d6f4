"""Schedules: a table or a Parseq manifest moves the numbers it names and no others, and what is wrong in it has a place."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from PIL import Image

from render.config import Config, load_text
from render.config.moving import movable
from render.config.notices import notices
from render.config.parseq import PARSEQ
from render.config.problem import Origin, Place, ProblemsError
from render.config.scalars import Size
from render.config.schedule import read_schedule
from render.construct import build
from render.develop.reprint import print_again
from render.develop.shoot import shoot
from render.errors import ConfigError, MissingError, RenderError
from render.film import step, ticks

FILM = "{schedule: moves.csv, duration: 10s, fps: 30, motion: {rotate: 3}, dream: {objective: [{layer: low}, {class: eye}]}}"


def film(folder: Path, table: str, *overrides: str, text: str = FILM, **options: Any) -> Config:
    """The film that `table` moves."""
    (folder / "moves.csv").write_text(table, encoding="utf-8")
    return load_text(text, folder=folder, overrides=overrides, **options)


def at(config: Config, key: str, *seconds: float) -> list[float]:
    return [float(value) for value in dict(config.curves())[key].over(np.array(seconds), config.clock)]


# ── what a table says ───────────────────────────────────────────────────────────────────────────────────────────────


def test_columns_move_the_numbers_they_name(tmp_path: Path) -> None:
    table = "seconds,motion.zoom,motion.pan.1,dream.objective.1.weight,dream.steps,look.mean\n1,1,0,1,4,.4\n3,4,.1,0,6,.5\n"
    config = film(tmp_path, table)
    assert at(config, "motion.zoom", 0, 1, 2, 3, 9) == pytest.approx([1, 1, 2, 4, 4]), "by equal factors, still at both ends"
    assert at(config, "motion.pan.1", 0, 2, 9) == pytest.approx([0, 0.05, 0.1])
    assert at(config, "dream.objective.1.weight", 1, 1.5, 3) == pytest.approx([1, 0.75, 0])
    assert at(config, "dream.steps", 1, 2, 3) == [4, 5, 6]
    assert isinstance(config.dream.steps(config.clock.tick(8)), int)
    assert at(config, "look.mean", 2) == pytest.approx([0.45]), "what YAML leaves out can be moved, too"
    others = dict(load_text(FILM.replace("schedule: moves.csv, ", "")).curves())
    for key, curve in config.curves():
        assert curve.scheduled or curve.given == others[key].given, key


def test_every_number_can_be_moved(tmp_path: Path) -> None:
    """A column for each key that may move, at the middle of what it may be."""
    spans = dict(movable(load_text(FILM.replace("schedule: moves.csv, ", ""))))
    assert len(spans) > 20
    middles = {key: (span.low * span.high) ** 0.5 if span.log else (span.low + span.high) // 2 for key, span in spans.items()}
    config = film(tmp_path, f"seconds,{','.join(middles)}\n0,{','.join(map(repr, middles.values()))}\n")
    moved = dict(config.curves())
    assert {key: curve.constant for key, curve in moved.items()} == pytest.approx(middles)
    assert all(curve.scheduled for curve in moved.values())


@pytest.mark.parametrize(
    ("clock", "rows"),
    [("seconds", (2, 4)), ("frame", (60, 120)), ("Frames", (60, 120)), ("beat", (3, 6)), ("beats", (3, 6))],
)
def test_the_first_column_is_the_time(tmp_path: Path, clock: str, rows: tuple[int, int]) -> None:
    config = film(tmp_path, f"{clock},motion.rotate\n{rows[0]},0\n{rows[1]},8\n", "bpm=120")
    if "beat" in clock:
        from render.config.facts import Facts

        config = config.model_copy(update={"facts": Facts(bpm=90.0)})
    assert at(config, "motion.rotate", 1, 2, 3, 4, 5) == pytest.approx([0, 0, 4, 8, 8])
    assert config.uses_frames == clock.lower().startswith("frame")


SAME = {
    "commas": "seconds,motion.rotate,motion.shake\n0,1,0\n1,2,0.5\n",
    "spaces": "seconds, motion.rotate ,motion.shake\n\n 0,  1, 0\n1 ,2,.5\n\n",
    "semicolons": "seconds;motion.rotate;motion.shake\n0;1;0\n1;2;5e-1\n;;\n",
    "tabs": "seconds\tmotion.rotate\tmotion.shake\r\n0\t1\t0\r\n1\t2\t0.5\r\n",
    "quotes": '\ufeff"seconds","motion.rotate","motion.shake"\n"0","1","0"\n"1","2","0.5"',
    "order": "seconds,motion.shake,motion.rotate\n0,0,1\n1,0.5,2",
    "decimal commas": "seconds;motion.rotate;motion.shake\n0;1;0\n0,5;1,5;0,25\n1,0;2;0,5\n",
    "decimal commas between tabs": "seconds\tmotion.rotate\tmotion.shake\n0\t1,0\t0\n1\t2,0\t0,5\n",
    "excel": "sep=;\r\nseconds;motion.rotate;motion.shake\r\n0;1;0\r\n1;2;0,5\r\n",
    "excel in quotes": '"sep=,"\nseconds,motion.rotate,motion.shake\n0,1,0\n1,2,0.5\n',
    "empty columns": "seconds;;motion.rotate;motion.shake;;\n0;;1;0;;\n1;;2;0,5;;\n;;;;;",
    "times": "seconds;motion.rotate;motion.shake\n00:00:00;1;0\n00:00:01,0;2;0,5\n",
    "short times": "time,motion.rotate,motion.shake\n0:00,1,0\n0:00.5,1.5,\n0:01,2,.5\n",
    "timecode": "Timecode\tmotion.rotate\tmotion.shake\n00:00:00:00\t1\t0\n00:00:00:15\t1.5\t.25\n00:00:01:00\t2\t.5\n",
    "times and timecode": "seconds,motion.rotate,motion.shake\n0,1,0\n00:00:00:15,1.5,.25\n1.0,2,.5\n",
    "notes": 'seconds;motion.rotate;Stimmung;motion.shake;"(why; how)"\n0;1;"es; ""leise""";0;"a\nb"\n;;Sturm;;\n1;2;;0,5;x\n',
    "a true minus": "seconds;motion.rotate;motion.shake\n−1,0;0;\n0;1;0\n1;2;0,5",
    "gaps": "seconds,motion.rotate,motion.shake\n0,1,0\n.25,,\n.5,1.5,\n1,2,.5",
}


@pytest.mark.parametrize("way", SAME)
def test_tables_are_written_in_many_ways(tmp_path: Path, way: str) -> None:
    config = film(tmp_path, SAME[way])
    assert at(config, "motion.rotate", 0, 0.5, 2) == pytest.approx([1, 1.5, 2])
    assert at(config, "motion.shake", 0, 0.5, 2) == pytest.approx([0, 0.25, 0.5])


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_spreadsheet_is_read_in_the_alphabet_it_comes_in(tmp_path: Path, encoding: str) -> None:
    table = "seconds;motion.rotate;Gefühl – „groß“\n0;1,5;müde\n2;3;größer\n"
    (tmp_path / "moves.csv").write_bytes(table.encode(encoding))
    config = load_text("schedule: moves.csv", folder=tmp_path)
    assert at(config, "motion.rotate", 0, 1, 2) == pytest.approx([1.5, 2.25, 3])
    assert config.moves.left_out == ("Gefühl – „groß“",)


NOTES = {  # a heading: whether its column is a note that is left out
    "(mood)": True,
    "[motion.zoom]": True,
    "Bemerkung": True,
    "comment": True,
    "": True,
    "motion.zom": False,
    "Zoom": False,
    "motion.border": False,
    "dream.objective.7.weight": False,
}


@pytest.mark.parametrize("heading", NOTES)
def test_notes_are_left_out_and_told_and_slips_are_not(tmp_path: Path, heading: str) -> None:
    table = f"seconds,motion.rotate,{heading}\n0,1,loud\n1,2,\n"
    if not NOTES[heading]:
        with pytest.raises(ConfigError, match=f"for a note write \\({heading}\\)"):
            film(tmp_path, table)
        return
    config = film(tmp_path, table)
    name = heading or "column 3"
    assert config.moves.left_out == (name,)
    assert [told for told in notices(config) if name in told] == [
        f"of the schedule, these mean nothing here and are left out: {name}"
    ]


FRAMES = {  # a rate and a timecode: the frame that it is
    ("25", "00:00:01:12"): 37,
    ("24", "01:00:00:00"): 86_400,
    ("30000/1001", "00:01:00:02"): 1802,
    ("30000/1001", "00:01:00;02"): 1800,
    ("30000/1001", "00:10:00;00"): 17_982,
    ("60000/1001", "00:01:00;04"): 3600,
    ("30", "00:01:00;02"): 1802,
}


@pytest.mark.parametrize(("fps", "code"), FRAMES)
def test_a_timecode_counts_frames(tmp_path: Path, fps: str, code: str) -> None:
    (tmp_path / "moves.csv").write_text(f"timecode,motion.rotate\n00:00:00:00,0\n{code},10\n")
    config = load_text(f"{{schedule: moves.csv, duration: 2h, fps: {fps}}}".replace("2h", "02:00:00"), folder=tmp_path)
    seconds = float(FRAMES[fps, code] / Fraction(fps))
    assert at(config, "motion.rotate", seconds / 2, seconds) == pytest.approx([5, 10], abs=1e-6)
    assert at(config, "motion.rotate", seconds - 0.5 / 30)[0] < 10
    assert config.uses_frames, "at another rate it is another film"


# ── what is wrong in it, and where ──────────────────────────────────────────────────────────────────────────────────

FAULTS: dict[str, tuple[str, ...]] = {  # table: for each problem its line and column, and what is said
    "": ("1:1: the file is empty",),
    "when,motion.zoom\n0,1": ('1:1: the first column is "when"', "seconds, frame, beat or timecode"),
    "time,motion.zoom\n0,1": ('2:1: time is "0", which is no timecode', "call the column seconds, frame or beat"),
    "timecode,motion.zoom\n00:00:01:30,1": (
        '2:1: timecode is "00:00:01:30", and a second of this film has the frames 0 to 29',
    ),
    "frame,motion.zoom\n00:00:01,1": ('2:1: frame is "00:00:01", which is no number',),
    "sep=x\nseconds,motion.zoom\n0,1": ('1:1: the file names "x" as what separates its cells',),
    "sep=;\n": ("1:1: the file is empty",),
    "seconds,(mood)\n0,1": ("1:1: there is nothing but the time",),
    "sep=;\nseconds;motion.zoom\n0;1,5,2": ('3:3: motion.zoom is "1,5,2", which is no number',),
    'seconds,(mood),motion.zoom\n0,"a\nb",fast\n': ('3:4: motion.zoom is "fast"',),
    'seconds,motion.zoom\n0,"1,5"': ('2:4: motion.zoom is "1,5", which is no number', "write 1.5"),
    "seconds\n0": ("1:1: there is nothing but the time",),
    "seconds,motion.zoom\n": ("1:1: there are no rows",),
    "seconds,motion.zom\n0,1": ('1:9: "motion.zom" is no number', 'did you mean "motion.zoom"?'),
    "seconds,zoom\n0,1": ('1:9: "zoom" is no number', 'did you mean "motion.zoom"?'),
    "seconds,Step_Size\n0,1": ('1:9: "Step_Size" is no', 'did you mean "dream.step_size"?'),
    "seconds,motion.border\n0,1": ('1:9: "motion.border" is no number that can move',),
    "seconds,dream.rate\n0,1": ('1:9: "dream.rate" is no number that can move',),
    "seconds,dream.objective.2.weight\n0,1": ("1:9: ", 'did you mean "dream.objective.1.weight"?'),
    "seconds,motion.pan\n0,1": ('1:9: "motion.pan" is several numbers', "motion.pan.0 motion.pan.1"),
    "seconds,motion.zoom,motion.zoom\n0,1,1": ('1:21: "motion.zoom" stands here twice',),
    "seconds,motion.zoom\n0,1,2\n1": ("2:1: the row has 3 cells, and the head has 2", "3:1: the row has 1 cells"),
    "seconds,motion.zoom\n0,fast\n1,1": ('2:3: motion.zoom is "fast", which is no number',),
    "seconds,motion.zoom\n0, 0": ("2:4: motion.zoom is 0, outside 0.001 to 1000",),
    "seconds,motion.zoom\n0,nan": ("2:3: motion.zoom is nan",),
    "seconds,dream.steps\n0,1.5": ("2:3: dream.steps is 1.5; it must be a whole number",),
    "seconds,motion.zoom\n0,1\n0,2": ("3:1: seconds is 0, and the row above has 0", "times rise"),
    "frame,motion.zoom\n0,1\n5,2\n4,2": ("4:1: frame is 4, and the row above has 5",),
    "seconds,motion.zoom\nsoon,1": ('2:1: seconds is "soon", which is no number',),
    "seconds,motion.zoom,motion.rotate\n0,,1": ("1:9: the column has no number in it",),
    "seconds,motion.zoom,motion.rotate\n1,x,1\n1,1,y": (
        '2:3: motion.zoom is "x"',
        "3:1: seconds is 1",
        '3:5: motion.rotate is "y"',
    ),
}


@pytest.mark.parametrize("table", FAULTS)
def test_faults_have_their_place(tmp_path: Path, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        film(tmp_path, table)
    message = str(caught.value)
    for words in FAULTS[table]:
        assert words in message
        assert f"moves.csv:{words}" in message or not words[0].isdigit()
    assert message.endswith("Nothing was rendered.")
    assert message.count("moves.csv:") == sum(words[0].isdigit() for words in FAULTS[table])


def test_faults_are_told_with_those_of_the_film(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        film(tmp_path, "seconds,motion.zoom\n0,0\n", text='{schedule: moves.csv, motion: {rotate: "1/0*s"}}')
    assert "motion.rotate is nan" in str(caught.value)
    assert "motion.zoom is 0" in str(caught.value)
    assert "2 problems" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "error", "says"),
    [
        ("none.csv", None, MissingError, "cannot be read"),
        ("moves.txt", b"seconds,motion.zoom\n0,1", ConfigError, ".csv"),
        ("moves.csv", b"\xff\xfe\x00", ConfigError, "UTF-8"),
        ("folder.csv", "folder", MissingError, "cannot be read"),
        ("moves.json", b"{", ConfigError, "moves.json:1:2: this is not JSON"),
        ("moves.json", b"[" * 100_000, ConfigError, "no manifest of Parseq"),
        ("moves.json", b"[]", ConfigError, "no manifest of Parseq"),
        ("moves.json", b'{"rendered_frames": [1], "options": {"output_fps": 20}}', ConfigError, "no manifest of Parseq"),
        ("moves.json", b'{"rendered_frames": [{"frame": 1}], "options": {"output_fps": 0}}', ConfigError, "no manifest"),
        ("moves.json", b'{"rendered_frames": [{"frame": 1}], "options": {"output_fps": 20}}', ConfigError, "nothing in the"),
        (
            "moves.json",
            b'{"rendered_frames": [{"frame": 1, "zoom": 2}], "options": {"output_fps": 20}}',
            ConfigError,
            "outside",
        ),
    ],
)
def test_bad_files_are_told_in_a_sentence(
    tmp_path: Path, name: str, content: bytes | str | None, error: type[RenderError], says: str
) -> None:
    if isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    elif content:
        (tmp_path / name).mkdir()
    with pytest.raises(error) as caught:
        load_text(f"schedule: {name}", folder=tmp_path)
    assert says in str(caught.value)
    assert str(caught.value).endswith("Nothing was rendered.")


PIECES = [*',;\t\n\r"-{]:', "e9", "nan", "1e999", "null", "true", "\u2028", "9" * 400, "[1]", " "]


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_no_file_breaks_the_reader(tmp_path: Path, ending: str) -> None:
    """Files of which a few letters were lost, doubled or replaced are read, or refused in a sentence."""
    path, dice = tmp_path / f"moves.{ending}", Random(7)
    spans, place = dict(movable(load_text("seed: 1"))), Place(Origin("film.yaml", tmp_path))
    sound = {
        "csv": "seconds,motion.zoom,dream.steps\n0,1.5,4\n1,2,\n2.5,1,6\n",
        "json": manifest(count=4, zoom_delta=1, angle=2),
    }
    refused: list[ProblemsError] = []
    for _ in range(300):
        text = sound[ending]
        for _ in range(dice.randint(1, 3)):
            here, there = sorted(dice.randrange(len(text) + 1) for _ in range(2))
            text = text[:here] + dice.choice(["", dice.choice(PIECES), text[here:there]]) + text[min(there, here + 3) :]
        path.write_text(text, encoding="utf-8")
        try:
            read_schedule(path, spans, place, Fraction(30))
        except ProblemsError as error:
            refused.append(error)
    assert all(problem.message for error in refused for problem in error.problems)
    assert 100 < len(refused) < 300


# ── Parseq ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def manifest(fps: float = 20, count: int = 200, **fields: float) -> str:
    """What Parseq exports of fields that change by the same amount from frame to frame."""
    frames = [{"frame": index, "deforum_prompt": "a fern", **fields} for index in range(count)]
    return json.dumps(
        {"options": {"output_fps": fps, "bpm": 120}, "keyframes": [{"frame": 0}], "rendered_frames": frames}, indent=1
    )


MEANT = {  # a frame at 20 a second: what it is here
    "zoom_delta": (1.01, "motion.zoom", 1.01**20),
    "zoom": (1.01, "motion.zoom", 1.01**20),
    "angle_delta": (1, "motion.rotate", -20),
    "rotation_3d_z": (-0.5, "motion.rotate", 10),
    "translation_x_delta": (5.12, "motion.pan.0", 0.2),
    "translation_y": (-5.12, "motion.pan.1", -0.2),
    "transform_center_x": (0.4, "motion.center.0", 0.4),
    "transform_center_y": (0.6, "motion.center.1", 0.6),
}


@pytest.mark.parametrize("name", MEANT)
def test_parseq_fields_mean_what_they_did(tmp_path: Path, name: str) -> None:
    value, key, meant = MEANT[name]
    (tmp_path / "moves.json").write_text(manifest(**{name: value, "strength": 0.6, "seed": 3, "seed_delta": 0, "zoom_pc": 100}))
    config = load_text("{schedule: moves.json, fps: 30}", folder=tmp_path)
    assert at(config, key, 0, 3.3, 9) == pytest.approx([meant] * 3)
    assert config.moves.left_out == ("deforum_prompt", "strength", "seed")
    assert not config.uses_frames, "its frames are its own"


def test_all_that_is_read_of_parseq_is_tried() -> None:
    assert {name.removesuffix("_delta") for name in MEANT} == set(PARSEQ)


def test_parseq_comes_to_each_frame_from_the_one_before(tmp_path: Path) -> None:
    """Turning faster and faster: after 40 frames the picture has turned by the sum of what each was turned by."""
    frames = [{"frame": index, "angle": index**2 / 2, "angle_delta": index - 0.5 if index else 0} for index in range(60)]
    (tmp_path / "moves.json").write_text(json.dumps({"options": {"output_fps": "20"}, "rendered_frames": frames}))
    config = load_text("{schedule: moves.json, duration: 2s}", folder=tmp_path)
    seconds = np.linspace(0, 2, 2001)
    turned = np.trapezoid(dict(config.curves())["motion.rotate"].over(seconds, config.clock), seconds)
    assert turned == pytest.approx(-(40**2) / 2, abs=0.5)


def test_a_fault_of_parseq_has_its_frame(tmp_path: Path) -> None:
    text = manifest(zoom_delta=1.01, count=30)
    lines = text.splitlines()
    line = next(number for number, words in enumerate(lines) if '"frame": 7,' in words)
    (tmp_path / "moves.json").write_text("\n".join([*lines[: line + 2], '   "zoom_delta": "fast"', *lines[line + 3 :]]))
    with pytest.raises(ConfigError, match=rf'moves.json:{line + 1}:4: zoom_delta, read as motion.zoom, is "fast"'):
        load_text("schedule: moves.json", folder=tmp_path)


# ── the film ────────────────────────────────────────────────────────────────────────────────────────────────────────

TABLE = "seconds,motion.zoom,dream.objective.0.weight\n0,1.2,1\n1,2,0.5\n"


def test_the_resolved_film_is_the_same_film(tmp_path: Path) -> None:
    for quality in ("final", "draft"):
        config = film(tmp_path, TABLE + "2,1,0\n", quality=quality)
        again = load_text(config.yaml(), "film.yaml", folder=tmp_path.parent)
        assert again == config
        assert again.fingerprint() == config.fingerprint()
        assert at(again, "motion.zoom", 0.5, 1.5) == at(config, "motion.zoom", 0.5, 1.5)


def test_another_table_is_another_film_and_another_place_is_not(tmp_path: Path) -> None:
    before = film(tmp_path, TABLE)
    assert film(tmp_path, TABLE).fingerprint() == before.fingerprint()
    assert film(tmp_path, TABLE.replace("1.2", "1.3")).fingerprint() != before.fingerprint()
    assert load_text(FILM.replace("schedule: moves.csv, ", "")).fingerprint() != before.fingerprint()
    (tmp_path / "below").mkdir()
    assert film(tmp_path / "below", TABLE).fingerprint() == before.fingerprint()


def test_a_draft_keeps_what_a_schedule_moves(tmp_path: Path) -> None:
    config = film(tmp_path, "seconds,dream.steps\n0,8\n5,12\n", quality="draft")
    assert at(config, "dream.steps", 0, 5) == [8, 12]
    assert at(config, "dream.first_steps", 0) == [10]


def test_relative_paths_start_in_the_folder_of_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "moves.csv").write_text(TABLE)
    (tmp_path / "below" / "base.yaml").write_text("schedule: moves.csv")
    (tmp_path / "over.csv").write_text(TABLE.replace("1.2", "1.5"))
    monkeypatch.chdir(tmp_path)
    assert at(load_text("extends: below/base.yaml", folder=tmp_path), "motion.zoom", 0) == pytest.approx([1.2])
    assert at(load_text("seed: 1", overrides=["schedule=over.csv"]), "motion.zoom", 0) == pytest.approx([1.5])


def test_a_scheduled_film_taken_up_anywhere_is_the_same_film(tmp_path: Path, tiny_network: None) -> None:
    (tmp_path / "moves.csv").write_text(TABLE)
    made = tiny.film("{schedule: moves.csv, dream: {objective: {class: eye}}}", folder=tmp_path)
    states = list(ticks(made))
    assert torch.equal(
        step(tiny.film("{schedule: moves.csv, dream: {objective: {class: eye}}}", folder=tmp_path), states[3]).canvas,
        states[4].canvas,
    )
    still = tiny.film("{motion: {zoom: 1.2}, dream: {objective: {class: eye}}}")
    assert not torch.equal(list(ticks(still))[4].canvas, states[4].canvas)


def test_a_tour_cross_fades_from_one_dream_to_the_next(tmp_path: Path, tiny_network: None) -> None:
    """Weights that rise and fall together share one whole at every tick, and each is alone at its end."""
    ways = {
        "keyframes": "[{layer: low, weight: {0s: 1, 9s: 0, ease: in-out}}, {class: eye, weight: {0s: 0, 9s: 1, ease: in-out}}]",
        "schedule": "[{layer: low}, {class: eye}]",
    }
    (tmp_path / "moves.csv").write_text("seconds,dream.objective.0.weight,dream.objective.1.weight\n0,1,0\n9,0,1\n")
    for way, terms in ways.items():
        schedule = "schedule: moves.csv, " if way == "schedule" else ""
        config = load_text(f"{{{schedule}dream: {{objective: {terms}}}}}", folder=tmp_path)
        tour = [[term.weight(config.clock.tick(tick)) for term in config.dream.objective] for tick in range(81)]
        assert np.sum(tour, axis=1) == pytest.approx(np.ones(81), abs=1e-9)
        assert tour[0] == [1, 0]
        assert tour[-1] == pytest.approx([0, 1])
        assert np.all(np.diff(tour, axis=0) * [-1, 1] >= 0)
        made = build(config.model_copy(update={"size": Size(48, 32)}), tiny.CPU)
        wished = [[weight for weight, _ in made.terms(config.clock.tick(tick), ())] for tick in range(81)]
        assert wished == tour, "and this is what the dream weighs"


def test_a_take_is_not_printed_with_other_moves(tmp_path: Path, tiny_network: None) -> None:
    small = "{size: 32x16, fps: 4, duration: 1s, dream: {rate: 2, steps: 1, first_steps: 1, octaves: 1}, outputs: '{frame}.png'"
    config = film(tmp_path, TABLE, text=f"{small}, schedule: moves.csv}}")
    shot = shoot(config, "", tmp_path / "runs", tiny.CPU, lambda states, first, last: states)
    paths, _ = print_again(shot.folder, ["again{frame}.png"], {})
    again, before = Image.open(paths[0]), Image.open(shot.paths[0])
    assert np.array_equal(np.asarray(again), np.asarray(before))
    (tmp_path / "moves.csv").write_text(TABLE.replace("1.2", "1.3"))
    with pytest.raises(MissingError, match="schedule is another one now than when this film was dreamed"):
        print_again(shot.folder, ["third{frame}.png"], {})
    (tmp_path / "moves.csv").unlink()
    with pytest.raises(MissingError, match="there is no such file, and its schedule is not beside"):
        print_again(shot.folder, ["third{frame}.png"], {})
