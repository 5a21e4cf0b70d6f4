"""Laws of galleries: whole takes are shown as they are, as text and nothing else; what is not whole is left out with a word."""

from __future__ import annotations

import json
import os
import re
import shutil
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
import raw
import torch
from clips import clip
from PIL import Image
from takes import GIVEN, finished

from render.cli import main
from render.config import load_text
from render.config.model import CODECS, SOURCES
from render.config.parts import formats
from render.develop import browser
from render.develop.metadata import embedded_config, republish
from render.develop.shoot import shoot
from render.errors import ConfigError, MissingError
from render.facts import facts
from render.show import gallery
from render.show.exhibits import BEGINNINGS, find_exhibits
from render.show.gallery import COMPARED, write_page

PAGE = Path(gallery.__file__).parent / "page"
STYLE = "".join((PAGE / name).read_text(encoding="utf-8") for name in ("tokens.css", "page.css"))


class Page(HTMLParser):
    """A page as a browser reads it: its elements in order, and the text that stands in elements of a tag."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        self._open.append(tag)
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open[-1]][-1] += data

    def values(self, *keys: str) -> list[str]:
        return [attributes[key] for _, attributes in self.elements for key in keys if key in attributes]


def hung(root: Path) -> tuple[Path, list[str]]:
    return write_page(find_exhibits([root / "runs"])[0], root / "site")


# ---- what is shown


def test_takes_are_found_from_wherever_one_points(tmp_path: Path) -> None:
    takes = [finished(tmp_path / "runs"), finished(tmp_path / "runs"), finished(tmp_path / "runs", "zoom")]
    newest_first = [takes[1], takes[0], takes[2]]
    assert [one.folder for one in find_exhibits([tmp_path / "runs"])[0]] == newest_first
    assert [one.folder for one in find_exhibits([tmp_path / "runs/garden"])[0]] == newest_first[:2]
    assert [one.folder for one in find_exhibits([takes[2], takes[2], tmp_path / "runs"])[0]] == [takes[2], takes[1], takes[0]]
    with pytest.raises(MissingError, match="no such folder"):
        find_exhibits([tmp_path / "nowhere"])


def test_takes_of_a_sweep_are_found_among_others(tmp_path: Path) -> None:
    takes = [finished(tmp_path / "runs"), *(finished(tmp_path / "runs/zoom-sweep", f"zoom-seed-{seed}") for seed in (1, 2))]
    (tmp_path / "runs/zoom-sweep/site").mkdir()
    exhibits, notices = find_exhibits([tmp_path / "runs"])
    assert ([exhibit.folder for exhibit in exhibits], notices) == (takes, [])


def test_an_exhibit_is_what_its_take_says(tmp_path: Path) -> None:
    given = "# yaml-language-server: $schema=x\n# A garden.\n#   render it\nseed: 5\nduration: 2s\n"
    finished(
        tmp_path,
        given=given,
        settings=["dream.network=bestiary", "dream.objective=[{layer: mid, network: {alexnet: x.safetensors}}]"],
    )
    ((one,), notices) = find_exhibits([tmp_path])
    assert (one.name, one.words, one.size, one.seconds, one.dream_seconds) == ("garden", "A garden.", (64, 36), 2.0, 70.2)
    assert (one.source, one.networks, one.seed, one.device) == ("noise", ("bestiary", "alexnet"), 5, "cpu")
    assert one.text == given
    assert notices == []


def test_there_and_back_takes_twice_as_long(tmp_path: Path) -> None:
    finished(tmp_path, given=GIVEN + "loop: pingpong\n")
    assert find_exhibits([tmp_path])[0][0].seconds == 94 / 24


def rewritten(key: str, value: object) -> Callable[[Path], object]:
    def change(take: Path) -> None:
        record = json.loads((take / "run.json").read_text())
        within = record
        *path, last = key.split(".")
        for step in path:
            within = within[step]
        within[last] = value
        (take / "run.json").write_text(json.dumps(record))

    return change


def linked(path: Path, target: Path) -> None:
    path.unlink()
    path.symlink_to(target)


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def grown(path: Path, size: int) -> None:
    with path.open("ab") as file:
        file.truncate(size)


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "no record": (lambda take: (take / "run.json").unlink(), "damaged"),
    "half a record": (lambda take: (take / "run.json").write_text('{"format": 1'), "damaged"),
    "another format": (rewritten("format", 99), "not a take that this version"),
    "not finished": (rewritten("finished", False), "not finished"),
    "finished, it says": (rewritten("finished", "yes"), "not finished"),
    "not developed": (rewritten("prints", {}), "not developed"),
    "no size": (rewritten("fingerprint.size", "large"), "damaged"),
    "no time": (rewritten("started", "yesterday"), "damaged"),
    "a name of numbers": (rewritten("fingerprint.seed", [1]), "damaged"),
    "no fps": (lambda take: rewritten("prints", {"{name}.mp4": {"film": {"fps": "0", "frames": 9}}})(take), "damaged"),
    "a print elsewhere": (
        rewritten("prints", {"../../x.mp4": {"film": {"fps": "9", "frames": 9}}}),
        "inside the film's folder",
    ),
    "no poster": (lambda take: (take / "poster.jpg").unlink(), "no poster"),
    "half a poster": (
        lambda take: (take / "poster.jpg").write_bytes((take / "poster.jpg").read_bytes()[:300]),
        "poster is damaged",
    ),
    "no picture": (lambda take: (take / "poster.jpg").write_text("a poster"), "poster is damaged"),
    "no yaml": (lambda take: (take / "config.yaml").unlink(), "config.yaml"),
    "no mapping": (lambda take: (take / "resolved.yaml").write_text("- 1\n"), "damaged"),
    "half a yaml": (lambda take: (take / "resolved.yaml").write_text("dream: {"), "damaged"),
    "another source": (lambda take: (take / "resolved.yaml").write_text("source: {tape: x}\ndream: {}"), "damaged"),
    "an endless dream": (rewritten("seconds", float("inf")), "seconds is no number"),
    "no length": (rewritten("seconds", float("nan")), "seconds is no number"),
    "no time at all": (rewritten("prints", {"{name}.mp4": {"film": {"fps": "1/0", "frames": 9}}}), "damaged"),
    "endless frames": (rewritten("prints", {"x.mp4": {"film": {"fps": "24", "frames": float("inf")}}}), "frames is no number"),
    "frames without end": (rewritten("prints", {"x.mp4": {"film": {"fps": "24", "frames": 10**30}}}), "frames is 1e+30"),
    "no width": (rewritten("fingerprint.size", [36, 0]), "size is 0"),
    "a name without end": (rewritten("name", "x" * 10**6), "its name has 1,000,000 letters"),
    "a record of a hundred megabytes": (lambda take: grown(take / "run.json", 10**8), "too large"),
    "a poster without end": (lambda take: linked(take / "poster.jpg", Path("/dev/zero")), "poster.jpg: is a link"),
    "a record that waits": (lambda take: piped(take / "run.json"), "run.json: is a pipe"),
    "a yaml that waits": (lambda take: piped(take / "config.yaml"), "config.yaml: is a pipe"),
    "somebody's yaml": (lambda take: linked(take / "config.yaml", Path(__file__)), "config.yaml: is a link"),
    "somebody's yaml in full": (lambda take: linked(take / "resolved.yaml", Path(__file__)), "resolved.yaml: is a link"),
    "somebody's record": (lambda take: linked(take / "run.json", Path(__file__)), "run.json: is a link"),
    "foreign": (lambda take: (shutil.rmtree(take), (take.parent / "notes").mkdir()), "no take in it"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_is_not_whole_is_left_out_with_a_word(tmp_path: Path, how: str) -> None:
    whole, spoilt = finished(tmp_path, "whole"), finished(tmp_path, "spoilt")
    spoil, word = SPOILT[how]
    spoil(spoilt)
    found, notices = find_exhibits([tmp_path])
    assert [one.folder for one in found] == [whole]
    assert len(notices) == 1
    assert notices[0].startswith(str(spoilt.parent))
    assert word in notices[0]
    assert "\n" not in notices[0]


@pytest.mark.parametrize(
    ("prints", "best"),
    [
        ('["{name}.gif", "{name}.mp4"]', "garden.mp4"),
        ('[a.mkv, "{name}.webm"]', "garden.webm"),
        ("[still.png, b.gif]", "b.gif"),
        ("[{file: c.mp4, codec: h265}, b.webp]", "b.webp"),
        ("[{file: small.mp4, width: 32}, large.mp4]", "large.mp4"),
        ('[a.mkv, "f/{frame:03}.webp"]', None),
    ],
)
def test_the_print_that_browsers_play_best_is_shown(tmp_path: Path, prints: str, best: str | None) -> None:
    take = finished(tmp_path / "runs", prints={"{name}.mp4": b"x"})
    made = {}
    for output in load_text(f"outputs: {prints}").outputs:
        path = take / output.file.replace("{name}", "garden")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"film")
        settings = {"codec": output.codec, "width": output.width}
        made[output.file] = {"settings": settings, "film": {"fps": "24", "frames": 48}, "bytes": 4}
    rewritten("prints", made)(take)
    (one,) = find_exhibits([tmp_path / "runs"])[0]
    assert (one.film and one.film.name) == best
    notices = hung(tmp_path)[1]
    assert bool(notices) == (best is None)


def test_a_film_that_was_cut_short_or_lies_elsewhere_is_not_shown(tmp_path: Path) -> None:
    take = finished(tmp_path / "runs", prints={"{name}.mp4": b"a film", "b.gif": b"secret"})
    (take / "garden.mp4").write_bytes(b"a fi")
    (tmp_path / "secret").write_bytes(b"secret")
    (take / "b.gif").unlink()
    (take / "b.gif").symlink_to(tmp_path / "secret")
    assert find_exhibits([tmp_path / "runs"])[0][0].film is None


def test_the_tables_are_those_of_the_vocabulary() -> None:
    assert set(BEGINNINGS) == set(SOURCES)
    assert set(SOURCES) >= COMPARED
    assert {ending for ending, _ in browser.PLAYED} <= set(formats().endings) & set(browser.TYPES)
    assert {codec for _, codec in browser.PLAYED} <= set(CODECS)


# ---- the page

HOSTILE = {
    "a script": "<script>document.title='taken'</script>",
    "a tag in an attribute": '"><img src=x onerror=alert(1)>',
    "quotes": "'single' \"double\" & `back` &lt; {{ 7 * 7 }} {% raw %}",
    "the end of a template": "</template></pre></code><h1>gone</h1>",
    "emoji": "Träume 夢 🦚👩‍🚀",
    "long": "x" * 300,
    "turned": "abc\u202egnp.exe",
    "not of this world": "half \ud83d a pair",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_whatever_is_written_is_shown_as_text(tmp_path: Path, kind: str) -> None:
    words = HOSTILE[kind]
    take = finished(tmp_path / "runs", prints={"x.mp4": b"film"})
    usual = Page(hung(tmp_path)[0])
    shown = words.replace("\ud83d", "?")
    rewritten("name", words)(take)
    (take / "config.yaml").write_text(f"# {shown}\nname: |\n  {shown}\n", encoding="utf-8")
    path, _ = hung(tmp_path)
    page = Page(path)
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in usual.elements], "nothing became an element"
    assert [set(attributes) for _, attributes in page.elements] == [set(attributes) for _, attributes in usual.elements]
    assert page.texts["h2"] == [shown, shown]
    assert page.texts["code"] == [f"# {shown}\nname: |\n  {shown}\n"]
    assert "49" not in page.texts["h2"][0]
    assert [(path.parent / unquote(link)).exists() for link in page.values("src", "href")[1:]] == [True] * 5


def test_everything_it_names_lies_beside_it(tmp_path: Path) -> None:
    finished(tmp_path / "runs", "gär/ten #1? 100%", prints={"x.mp4": b"film"})
    finished(tmp_path / "runs", prints={"x.gif": b"gif"})
    path, _ = hung(tmp_path)
    page = Page(path)
    named = page.values("src", "href", "poster", "data-src", "data-still")
    assert len(named) > 12
    assert named.pop(0) == "data:,", "no browser shall ask for an icon"
    for link in named:
        assert not re.match(r"[a-z]+:|/", link)
        assert (path.parent / unquote(link)).is_file()
    assert not re.search(r"https?:|url\(|@import|//[a-z]", STYLE + path.read_text(encoding="utf-8").replace("</", ""))


def test_where_its_makers_files_lie_is_nowhere_to_be_read(tmp_path: Path) -> None:
    home = tmp_path / "home of 'anna'"
    home.mkdir()
    Image.new("RGB", (64, 36)).save(home / "lake.png")
    filmed = clip(home / "clip.mp4", [np.full((36, 64, 3), 20 * number, dtype=np.uint8) for number in range(9)], fps="24")
    republish(filmed, home / "film.mp4", "lake", load_text(f'source: {{image: "{home}/lake.png"}}', folder=home).yaml())
    given = GIVEN + f'source: {{image: "{home}/lake.png"}}  # the lake of {home}/lake.png\n'
    take = finished(home, "lake", given, {"x.mp4": (home / "film.mp4").read_bytes(), "y.gif": b"a film"})
    assert all(str(tmp_path).encode() in (take / name).read_bytes() for name in ("x.mp4", "resolved.yaml", "config.yaml"))
    page, _ = write_page(find_exhibits([take])[0], tmp_path / "site")
    shown = [file for file in page.parent.rglob("*") if file.is_file()]
    assert len(shown) >= 5
    assert [file.name for file in shown if str(tmp_path).encode() in file.read_bytes()] == []
    assert (page.parent / "films/lake-take-001/film.yaml").read_text() == given.replace(f"{home}/", "")
    film, full = (page.parent / "films/lake-take-001" / name for name in ("film.mp4", "film-in-full.yaml"))
    assert embedded_config(film) == full.read_text()
    assert load_text(full.read_text(), folder=home) == load_text((take / "resolved.yaml").read_text(), folder=home)
    before, after = ([*raw.read(one, (64, 36), "rgb24")] for one in (filmed, film))
    assert np.array_equal(before, after)


def test_its_policy_lets_in_what_stands_in_it_and_nothing_else(tmp_path: Path) -> None:
    finished(tmp_path / "runs")
    page = Page(hung(tmp_path)[0])
    (policy,) = [one["content"] for tag, one in page.elements if one.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    for tag in ("style", "script"):
        (text,) = page.texts[tag]
        assert rules[f"{tag}-src"] == f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
    assert not {key for _, one in page.elements for key in one if key == "style" or key.startswith("on")}


def test_a_later_page_keeps_what_is_as_it_was_and_drops_what_is_gone(tmp_path: Path) -> None:
    kept, changed, gone = (finished(tmp_path / "runs", name) for name in ("kept", "changed", "gone"))
    page, _ = hung(tmp_path)
    films = page.parent / "films"
    (films / "mine").mkdir()
    (page.parent / "mine.txt").touch()
    before = {path: path.stat().st_ino for path in films.rglob("*.*")}
    (changed / "changed.mp4").write_bytes(b"a film")
    shutil.rmtree(gone)
    assert hung(tmp_path) == (page, [])
    assert sorted(path.name for path in films.iterdir()) == ["changed-take-001", "kept-take-001", "mine"]
    assert (page.parent / "mine.txt").exists()
    remade = {path.relative_to(films) for path, node in before.items() if path.exists() and path.stat().st_ino != node}
    assert remade == {Path("changed-take-001/film.mp4")}
    assert kept.exists()
    assert not list(page.parent.rglob(".part-*"))


def test_a_film_of_another_kind_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    take = finished(tmp_path / "runs", prints={"x.gif": b"a film", "x.mp4": b"a film"})
    (take / "x.mp4").rename(take / "y.mp4")
    place = hung(tmp_path)[0].parent / "films" / "garden-take-001"
    assert sorted(path.name for path in place.glob("film.*")) == ["film.gif", "film.yaml"]
    (take / "y.mp4").rename(take / "x.mp4")
    hung(tmp_path)
    assert sorted(path.name for path in place.glob("film.*")) == ["film.mp4", "film.yaml"]


def test_a_dream_that_went_away_is_not_compared(tmp_path: Path) -> None:
    Image.new("RGB", (64, 36)).save(tmp_path / "photo.png")
    take = finished(tmp_path / "runs", given=GIVEN + f"source: {{image: {tmp_path / 'photo.png'}}}\n", dreamed=2)
    (notice,) = hung(tmp_path)[1]
    assert notice.startswith(f"{take}: shown without what it began with: ")
    shutil.rmtree(take / "negative")
    (notice,) = hung(tmp_path)[1]
    assert notice.startswith(f"{take}: shown without what it began with: ")


def test_what_a_killed_process_left_in_a_site_goes_when_it_is_old(tmp_path: Path) -> None:
    exhibits, _ = find_exhibits([finished(tmp_path, "film")])
    page, _ = write_page(exhibits, tmp_path / "site")
    new, old = [next(page.parent.glob("films/*")) / f".part-1-{number}.jpg" for number in range(2)]
    for part in (new, old):
        part.touch()
    os.utime(old, (0, 0))
    write_page(exhibits, tmp_path / "site")
    assert (new.exists(), old.exists()) == (True, False)


def test_a_strangers_page_is_left_alone(tmp_path: Path) -> None:
    finished(tmp_path / "runs")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<h1>Mine</h1>")
    with pytest.raises(ConfigError, match="somebody else's page"):
        hung(tmp_path)
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["index.html"]


def test_films_of_one_name_hang_in_different_places(tmp_path: Path) -> None:
    for root, name in (("a", "Garden"), ("b", "garden"), ("c", "garden")):
        finished(tmp_path / root, name, prints={"x.mp4": root.encode()})
    page, _ = write_page(find_exhibits([tmp_path / "a", tmp_path / "b", tmp_path / "c"])[0], tmp_path / "site")
    places = sorted((page.parent / "films").iterdir())
    assert len({place.name.casefold() for place in places}) == 3
    assert sorted((place / "film.mp4").read_bytes() for place in places) == [b"a", b"b", b"c"]


# ---- before and after


def photo_film(folder: Path, source: str, motion: str) -> Path:
    """A film of 6 ticks over the source, dreamed; its take."""
    text = f"name: seen\nsize: 48x32\nduration: 1s\nfps: 6\nsource: {source}\nmotion: {motion}\noutputs: seen.gif\n"
    text += (
        "dream: {rate: 6, steps: 1, first_steps: 1, octaves: 1, jitter: 0, objective: {layer: edges}}\nflow: {engine: none}\n"
    )
    config = load_text(text, folder=folder, inspect=facts)
    return shoot(config, text, folder / "runs", torch.device("cpu"), lambda states, first, last: states).folder


def test_a_photo_is_compared_as_the_camera_sees_it(tmp_path: Path, tiny_network: None) -> None:
    halves = np.zeros((32, 48, 3), dtype=np.uint8)
    halves[:, 24:] = 255
    Image.fromarray(halves).save(tmp_path / "photo.png")
    photo_film(tmp_path, "{image: photo.png}", "{pan: [0.75, 0], zoom: 1}")
    page, notices = hung(tmp_path)
    assert notices == []
    place = page.parent / "films" / "seen-take-001"
    before, after = (np.asarray(Image.open(place / name)).astype(float) for name in ("before.jpg", "after.jpg"))
    assert before.shape == after.shape == (32, 48, 3)
    edge = int((before.mean((0, 2)) < 128).sum())
    assert 30 <= edge <= 36, "at a third of a second the picture has moved a quarter of its height: 8 pixels"
    assert 3 < np.abs(before - after).mean() < 60, "it was dreamed, on the same picture"
    assert 'class="pair"' in page.read_text()


def test_footage_is_compared_and_what_is_gone_is_not(tmp_path: Path, tiny_network: None) -> None:
    pictures = [np.full((32, 48, 3), 20 * number, dtype=np.uint8) for number in range(7)]
    clip(tmp_path / "clip.mp4", pictures, fps="6")
    take = photo_film(tmp_path, "{video: clip.mp4}", "{zoom: 1}")
    page, notices = hung(tmp_path)
    assert notices == []
    before = page.parent / "films" / "seen-take-001" / "before.jpg"
    assert abs(float(np.asarray(Image.open(before)).mean()) - 40) < 8, "the third picture of six"
    (tmp_path / "clip.mp4").unlink()
    assert hung(tmp_path) == (page, []), "what was made stays"
    shutil.rmtree(page.parent)
    (notice,) = hung(tmp_path)[1]
    assert notice.startswith(f"{take}: shown without what it began with: ")
    assert 'class="pair"' not in page.read_text()


def test_a_stranger_s_take_shows_no_picture_of_its_reader(tmp_path: Path, tiny_network: None) -> None:
    """It may name any file of this machine as what it began with; it is shown only if it is the very picture it dreamed of."""
    Image.new("RGB", (48, 32), (200, 30, 60)).save(tmp_path / "photo.png")
    Image.new("RGB", (48, 32), (30, 60, 200)).save(tmp_path / "secret.png")
    take = photo_film(tmp_path, "{image: photo.png}", "{zoom: 1}")
    text = (take / "resolved.yaml").read_text()
    (take / "resolved.yaml").write_text(text.replace("photo.png", "secret.png"))
    page, (notice,) = hung(tmp_path)
    assert "another file now" in notice
    assert not [*page.parent.rglob("before.jpg")]


# ---- colours


def contrast(one: str, other: str) -> float:
    """WCAG's ratio between two colours, 1 to 21."""

    def light(colour: str) -> float:
        parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        return float(np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722))

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [":root {", ':root[data-theme="light"] {'])
def test_words_and_edges_stand_out_from_their_ground(theme: str) -> None:
    colours = dict(re.findall(r"--(\w+): (#\w{6})", STYLE[STYLE.index(theme) :].split("}")[0]))
    for ground in ("ground", "sheet"):
        for words in ("text", "dim", "accent"):
            assert contrast(colours[words], colours[ground]) >= 4.5
        assert contrast(colours["edge"], colours[ground]) >= 3
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") < 4.5


# ---- the command


def test_the_command_says_where_it_is_and_what_it_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finished(tmp_path / "runs")
    rewritten("finished", False)(finished(tmp_path / "runs"))
    main(["gallery", str(tmp_path / "runs"), "-o", str(tmp_path / "site")])
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / 'site' / 'index.html'}\n"
    assert "take-002: left out: not finished" in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nowhere"], 3, "no such folder"),
        (["."], 3, "no finished film"),
    ],
)
def test_what_cannot_be_shown_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main(["gallery", *words])
    assert end.value.code == code
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
