"""Laws of the gallery's films: all are rendered though one fails, what is missing is told, their heads say what it took."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import films
import pytest

from render.errors import ConfigError, MissingError

HEAD = "# A garden.\n#   render configs/{name}\n#   about 9 minutes on two CPU cores\nsize: 64x36\n"
ASKS = "dream: {objective: [{layer: mid}, {layer: high, network: {inception_v1: weights/none.caffemodel}}]}\n"


@pytest.fixture
def gallery(tmp_path: Path) -> list[Path]:
    """Three films, of which the second needs weights that are not there."""
    for name, more in (("a.yaml", ""), ("b.yaml", ASKS), ("c.yaml", "# its about 3 minutes on two CPU cores stay\n")):
        (tmp_path / name).write_text(HEAD.format(name=name) + more)
    return sorted(tmp_path.glob("*.yaml"))


class Studio:
    """Stands for `render`: the films it was given, and the codes it ends with."""

    def __init__(self, *codes: int) -> None:
        self.codes, self.given = list(codes), list[tuple[str, list[str]]]()

    def __call__(self, film: Path, options: Sequence[str]) -> int:
        self.given.append((film.name, [*options]))
        return self.codes.pop(0)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that build the page, which are not run."""
    commands: list[list[str]] = []

    class Done:
        returncode = 0

    monkeypatch.setattr(films.subprocess, "run", lambda command, **_: commands.append([str(one) for one in command]) or Done)
    return commands


def test_a_film_without_its_weights_is_left_out_with_a_word(gallery: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert [film.name for film in films.there(gallery, [])] == ["a.yaml", "c.yaml"]
    told = capsys.readouterr().err
    assert told.startswith("b.yaml: left out: ")
    assert str(gallery[0].parent / "weights" / "none.caffemodel") in told
    assert list(films.there(gallery, ["--set", "dream.objective=[{layer: mid}]", "--set", "seed=2"])) == gallery
    (gallery[0].parent / "weights").mkdir()
    (gallery[0].parent / "weights" / "none.caffemodel").touch()
    assert list(films.there(gallery, [])) == gallery


def test_a_film_whose_weights_cannot_be_fetched_is_left_out_with_a_word(
    gallery: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable in ("RENDER_WEIGHTS", "XDG_CACHE_HOME", "TORCH_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.delenv("RENDER_OFFLINE")
    named = ["--set", "dream.network=inception_v1", "--set", "dream.objective=[{layer: mid}]"]
    refusals: list[tuple[str, bool | None]] = []

    def get(name: str, say: object, offline: bool | None) -> Path:
        refusals.append((name, offline))
        raise MissingError("cannot be fetched", "put it here")

    monkeypatch.setattr(films.store, "get", get)
    assert list(films.there(gallery[:1], named)) == []
    assert list(films.there(gallery[:1], [*named, "--offline"])) == []
    assert capsys.readouterr().err.splitlines() == ["a.yaml: left out: cannot be fetched", "put it here"] * 2
    assert refusals == [("inception_v1", False), ("inception_v1", True)]
    monkeypatch.setattr(films.store, "get", lambda name, say, offline: tmp_path)
    assert list(films.there(gallery[:1], named)) == gallery[:1]


def test_the_films_of_configs_are_all_there_but_those_that_need_weights() -> None:
    whole = sorted((films.ROOT / "configs").glob("*.yaml"))
    need = [film for film in whole if "network: inception_v1" in film.read_text()]
    assert {*whole} - {*films.there(whole, ["--offline"])} <= {*need}


def test_all_are_rendered_though_one_fails_and_the_page_is_built(gallery: list[Path], page: list[list[str]]) -> None:
    studio = Studio(5, 1)
    assert films.shown(gallery, ["-q", "draft"], studio) == 5
    assert studio.given == [("a.yaml", ["-q", "draft"]), ("c.yaml", ["-q", "draft"])]
    assert films.shown(gallery, ["-o", "elsewhere"], Studio(0, 0)) == 0
    assert [command[1:] for command in page] == [["gallery", takes, "-o", "site"] for takes in ("runs", "elsewhere")]


def test_ctrl_c_ends_it(gallery: list[Path], page: list[list[str]]) -> None:
    for work in (films.shown, films.timed):
        studio = Studio(130, 0)
        assert work(gallery, [], studio) == 130
        assert len(studio.given) == 1
    assert page == []


def test_what_a_film_took_goes_into_its_head_and_nowhere_else(gallery: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 83.0, 100.0, 100.0, 1000.0])
    monkeypatch.setattr(films, "monotonic", lambda: next(clock))
    before = [film.read_text() for film in gallery]
    studio = Studio(0, 4)
    assert films.timed(gallery, [], studio) == 4
    assert gallery[0].read_text() == before[0].replace("9 minutes", "1 minute 20 seconds")
    assert [film.read_text() for film in gallery[1:]] == before[1:], "what failed or was left out says what it said"
    assert all(options[0] == "-o" and not Path(options[1]).exists() for _, options in studio.given), "the films are thrown away"
    assert films.told(before[2], 700) == before[2].replace("9 minutes", "12 minutes")
    with pytest.raises(ConfigError, match="how long it takes"):
        films.told("size: 64x36\n", 9)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "10 seconds"),
        (14, "10 seconds"),
        (56, "1 minute"),
        (83, "1 minute 20 seconds"),
        (119, "2 minutes"),
        (290, "4 minutes 50 seconds"),
        (296, "5 minutes"),
        (700, "12 minutes"),
    ],
)
def test_times_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert films.spoken(seconds) == said


def test_the_projects_own_films_say_how_long_they_take() -> None:
    for film in (films.ROOT / "configs").glob("*.yaml"):
        text = film.read_text(encoding="utf-8")
        assert len(films.SPENT.findall(text.split("size:")[0])) == 1, film
