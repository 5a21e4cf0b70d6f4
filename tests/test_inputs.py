"""Laws of the one door: plain files only, only so much of them, within their folder; and nothing is read around it."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from render.errors import MissingError
from render.inputs import Kind, open_file, plain, read_bytes, read_text

HOUSE = Path(__file__).parent.parent / "render"
NOTE = Kind("a note", 1000)


def sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 8 * 2**30)


def linked(path: Path) -> None:
    (path.parent.parent / "outside.txt").write_text("secret")
    path.symlink_to(path.parent.parent / "outside.txt")


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {  # what lies there, and the sentence
    "nothing": (lambda path: None, "there is no such file"),
    "folder": (Path.mkdir, "is a folder, not a note"),
    "pipe": (os.mkfifo, "is a pipe or a device, not a note"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "is a pipe or a device, not a note"),
    "link to nothing": (lambda path: path.symlink_to("nowhere"), "there is no such file"),
    "link to itself": (lambda path: path.symlink_to(path), "cannot be read"),
    "sparse": (sparse, "has more than 0 MB, which is too large for a note"),
    "file of a file": (lambda path: path.write_text(""), "there is no such file"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("door", [plain, read_bytes, read_text, lambda path, kind: open_file(path, kind).__enter__()])
def test_only_plain_files_of_their_size_are_opened(tmp_path: Path, case: str, door: Callable[[Path, Kind], object]) -> None:
    lay, sentence = REFUSED[case]
    lay(tmp_path / "note")
    path = tmp_path / "note" / "inner" if case == "file of a file" else tmp_path / "note"
    with pytest.raises(MissingError, match=sentence) as error:
        door(path, NOTE)
    assert error.value.message.startswith(f"{path}: ")


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "\ud800"], ids=["long", "zero", "half a letter"])
def test_a_name_that_no_file_can_have_is_no_such_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingError, match="there is no such file") as error:
        read_bytes(tmp_path / name, NOTE)
    assert len(error.value.message) < 150


def test_what_passes_the_door_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "note"
    path.write_bytes(b"\xef\xbb\xbfwords")
    assert read_bytes(path, NOTE) == b"\xef\xbb\xbfwords"
    assert read_text(path, NOTE) == "words"
    assert plain(path, NOTE) == path
    path.write_bytes(b"\xff")
    with pytest.raises(MissingError, match="is not text in UTF-8"):
        read_text(path, NOTE)


def test_what_grows_while_it_is_read_has_an_end() -> None:
    endless = Path("/proc/self/environ")  # of size 0, as the system says
    if endless.exists():
        with pytest.raises(MissingError, match="has more than"):
            read_bytes(endless, Kind("a note", 10))


def test_what_a_take_names_lies_within_it(tmp_path: Path) -> None:
    take = tmp_path / "take"
    take.mkdir()
    linked(take / "config.yaml")
    (take / "run.json").write_text("{}")
    (take / "again.json").symlink_to("run.json")
    assert read_text(take / "again.json", NOTE, take) == "{}"
    for path in (take / "config.yaml", take / ".." / "outside.txt"):
        with pytest.raises(MissingError, match="is a link to a file outside of"):
            read_text(path, NOTE, take)


# ---- nothing goes around it

OPENING = re.compile(
    r"(.*\.)?(open|fdopen|read_text|read_bytes|copyfile|copy2|loadtxt|genfromtxt|fromfile|imread|read_csv|load_file|safe_open)"
    r"|(torch|np|numpy|pickle|joblib|librosa|soundfile)\.(load|read)"
    r"|(.*\.)?(ZipFile|TarFile|VideoCapture|VideoReader|FileSystemLoader)"
)
DOORS = {"plain", "open_file", "read_bytes", "read_text", "inputs.read_text", "inputs.read_bytes", "inputs.plain"}
OWN = {  # what this program itself wrote, ships or made sure of, and is opened without the door: (file, call) -> why
    ("cli/waiting.py", "RUNNING.read_text(encoding='ascii')"): "what the system says of who runs",
    ("api.py", "load_file(film, overrides, quality)"): "facts.load, which gives the configuration to the door",
    ("develop/files.py", "part.open('rb+')"): "what was written a moment ago goes to the disk",
    ("develop/files.py", "os.open(folder, os.O_RDONLY)"): "a folder, whose new name goes to the disk",
    ("source/tick.py", "path.read_bytes()"): "a tick; that it is a plain one was made sure of the line before",
    ("develop/sound.py", "pcm.open('wb')"): "written",
    ("develop/join.py", "wave.open(str(place), 'wb')"): "written",
    ("develop/lock.py", "os.fdopen(os.open(folder / LOCK, flags, 438), 'a+', encoding='utf-8')"): "a lock",
    ("develop/lock.py", "os.open(folder / LOCK, flags, 438)"): "a lock, which is never a link",
    ("dream/pickles.py", "archive.open(name)"): "a member of an archive that passed the door",
    ("dream/memory.py", "file.read_text()"): "what the system says of its memory",
    ("show/gallery.py", "(room / name).read_text(encoding='utf-8')"): "the page's own style and script",
    ("show/gallery.py", "FileSystemLoader(room)"): "the page's own template",
    ("show/terminal.py", "os.open(os.devnull, os.O_WRONLY)"): "nothing",
    ("show/terminal.py", "os.open(os.devnull, os.O_RDWR)"): "nothing",
    ("cli/target.py", "shutil.copyfile(paths[0], part)"): "a print of ours, a moment after it was made",
    ("many/nodes.py", "path.read_bytes()"): "this program itself",
    ("many/worker.py", "part.open('wb')"): "written",
    ("studio/door.py", "(PAGE / part).read_text('utf-8')"): "the page's own parts",
    ("studio/keys.py", "os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 384)"): "written",
    ("studio/keys.py", "os.fdopen(handle, 'wb')"): "written",
    ("studio/keys.py", "path.read_bytes()"): "the key that it made itself",
    ("studio/takes.py", "recording.yaml.read_text('utf-8')"): "a recording that it wrote itself",
    ("studio/takes.py", "(self.take.folder / JOURNAL).open('a', encoding='utf-8')"): "written",
    ("weights/cache.py", "part.open('wb')"): "written",
    ("weights/cache.py", "part.open('rb+')"): "what was written a moment ago goes to the disk",
    ("weights/cache.py", "content.open(weights.file)"): "a member of an archive that passed the door",
    ("weights/fetch.py", "part.path.open('ab')"): "written",
}


def around(source: str) -> Iterator[str]:
    """The calls in a program that open a file which did not pass the door."""
    tree = ast.parse(source)
    passed = {  # names of what is open already, or in memory
        item.optional_vars.id
        for node in ast.walk(tree)
        if isinstance(node, ast.With)
        for item in node.items
        if isinstance(item.optional_vars, ast.Name) and isinstance(item.context_expr, ast.Call)
        if ast.unparse(item.context_expr.func) in DOORS
    }
    checked = {  # names of paths that passed
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and through_a_door(node.value)
        for target in [name for each in node.targets for name in ast.walk(each)]
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not OPENING.fullmatch(name := ast.unparse(node.func)) or name in DOORS:
            continue
        given = {inner.id for argument in node.args for inner in ast.walk(argument) if isinstance(inner, ast.Name)}
        in_memory = any(isinstance(argument, ast.Call) and ast.unparse(argument.func) == "BytesIO" for argument in node.args)
        if not (given & (passed | checked) or in_memory or any(map(through_a_door, node.args))):
            yield ast.unparse(node)


def through_a_door(node: ast.AST) -> bool:
    """Whether a path or a file passes the door in this expression."""
    return any(isinstance(inner, ast.Call) and ast.unparse(inner.func) in DOORS for inner in ast.walk(node))


def test_nothing_from_outside_is_opened_around_the_door() -> None:
    files = sorted(path for path in HOUSE.rglob("*.py") if path != HOUSE / "inputs.py")
    calls = {(str(path.relative_to(HOUSE)), call) for path in files for call in around(path.read_text(encoding="utf-8"))}
    assert calls - {*OWN} == set(), "give the file to `plain`, `open_file` or `read_bytes`; or say in OWN whose it is"
    assert {*OWN} - calls == set(), "these are gone"


@pytest.mark.parametrize(
    "call",
    [
        "open(path)",
        "path.open('rb')",
        "path.read_text()",
        "path.read_bytes()",
        "io.open(path)",
        "os.open(path, 0)",
        "Image.open(path, formats=['JPEG'])",
        "av.open(f'file:{path}')",
        "torch.load(path)",
        "safe_open(path, 'pt')",
        "load_file(path)",
        "np.load(path)",
        "np.fromfile(path)",
        "cv2.imread(path)",
        "cv2.VideoCapture(path)",
        "ZipFile(path)",
        "soundfile.read_bytes(path)",
        "shutil.copyfile(path, other)",
    ],
)
def test_the_law_of_the_door_can_fail(call: str) -> None:
    assert [*around(f"def f(path):\n    with suppress(OSError):\n        return {call}")] == [call]


@pytest.mark.parametrize(
    "program",
    [
        "Image.open(plain(path, PICTURE))",
        "with open_file(path, PICTURE) as content:\n    Image.open(content)",
        "torch.load(BytesIO(read_bytes(path, WEIGHTS)))",
        "file = plain(path, MOVIE)\nav.open(f'file:{file}')",
    ],
)
def test_the_law_of_the_door_lets_through_what_went_through_it(program: str) -> None:
    assert [*around(program)] == []
