"""Outputs. A format is a kind of file that a film is developed into: ffmpeg's `film(…)`, or `picture(…)` of a function.

To add one, declare it here: who encodes it, what it is for, its endings, what it can carry. Of the formats of an ending the
first is the usual one.
"""

from __future__ import annotations

from fractions import Fraction

from render.config.formats import Ending, film, picture

TAGS = ("-movflags", "+faststart+use_metadata_tags")  # the index first, and tags that ffmpeg does not know
NVENC = ("-preset", "p5", "-tune", "hq", "-rc", "vbr", "-b:v", "0")
CARD = "an NVIDIA card"
VP9 = ("-b:v", "0", "-deadline", "good", "-cpu-used", "3", "-row-mt", "1", "-tile-columns", "2", "-threads", "8")
HVC1 = ("-tag:v", "hvc1")  # by which Apple's players know H.265
FFV1 = ("-level", "3", "-coder", "1", "-g", "1", "-slices", "4", "-slicecrc", "1")

MP4 = Ending(".mp4", "film", "aac", settings=True, arguments=TAGS)
MOV = Ending(".mov", "film for editing", "aac", settings=True, arguments=TAGS)
MKV = Ending(".mkv", "film", "flac", settings=True)
WEBM = Ending(".webm", "film for web pages", "opus", settings=True)
GIF = Ending(".gif", "film with a palette made for it")
WEBP = Ending(".webp", "film, or pictures")
PNG = Ending(".png", "the last frame, or every frame: `frames/{frame:06}.png`", settings=True)
JPG, JPEG = (Ending(ending, "the same") for ending in (".jpg", ".jpeg"))
TIF, TIFF = (Ending(ending, "the same, for compositing") for ending in (".tif", ".tiff"))
EXR = Ending(".exr", "the same, in linear light")

# ── films ───────────────────────────────────────────────────────────────────────────────────────────────────────────

h264 = film("libx264", "plays everywhere", (MP4, MOV, MKV), ("-preset", "medium"), crf=(18, 51), even=True)
h265 = film(
    "libx265",
    "half the bytes, no banding",
    (MP4, MOV, MKV),
    ("-preset", "medium", "-x265-params", "log-level=error", *HVC1),
    bits=16,
    depth="10 bits",
    layout="yuv420p10le",
    crf=(20, 51),
    even=True,
)
vp9 = film(
    "libvpx-vp9",
    "plays in every browser",
    (WEBM, MKV),
    VP9,
    alpha="yuva420p",
    alpha_arguments=("-auto-alt-ref", "0"),  # libvpx cannot look ahead in two planes at once
    crf=(24, 63),
    even=True,
)
av1 = film(
    "libsvtav1",
    "fewest bytes, slow",
    (MP4, MKV, WEBM),
    ("-preset", "8"),
    bits=16,
    depth="10 bits",
    layout="yuv420p10le",
    crf=(28, 63),
    even=True,
)
prores = film(
    "prores_ks",
    "for editing: ProRes 422 HQ",
    (MOV,),
    ("-profile:v", "3", "-vendor", "apl0"),
    bits=16,
    depth="10 bits",
    layout="yuv422p10le",
    even=True,
)
prores4444 = film(
    "prores_ks",
    "for compositing",
    (MOV,),
    ("-profile:v", "4", "-vendor", "apl0"),
    bits=16,
    depth="10 bits",
    layout="yuv444p10le",
    alpha="yuva444p10le",
)
ffv1 = film("ffv1", "lossless", (MKV,), FFV1, bits=16, layout="gbrp16le", alpha="gbrap16le")
h264_nvenc = film(
    "h264_nvenc", "encoded by the card", (MP4, MOV, MKV), NVENC, crf=(20, 51), quality="-cq", hardware=CARD, even=True
)
hevc_nvenc = film(
    "hevc_nvenc",
    "encoded by the card",
    (MP4, MOV, MKV),
    (*NVENC, *HVC1),
    bits=16,
    depth="10 bits",
    layout="p010le",
    crf=(22, 51),
    quality="-cq",
    hardware=CARD,
    even=True,
)
gif = film(
    "gif",
    "plays wherever pictures do",
    (GIF,),
    depth="256 colours",
    palette=True,
    usual_fps=Fraction(25),
    most_fps=Fraction(50),
    usual_width=480,
)
webp = film(
    "libwebp_anim",
    "a film that is a picture",
    (WEBP,),
    ("-quality", "80", "-loop", "0"),
    layout="bgra",
    alpha="bgra",
    merges=True,
    most_fps=Fraction(90),
)

# ── pictures ────────────────────────────────────────────────────────────────────────────────────────────────────────


STILLS = "render.develop.stills"

png = picture(f"{STILLS}:png", "opens everywhere", (PNG,), encoder=".png", library="opencv", alpha="rgba")
png16 = picture(f"{STILLS}:png", "for compositing", (PNG,), encoder=".png", library="opencv", bits=16, alpha="rgba")
tiff = picture(f"{STILLS}:tiff", "for compositing", (TIF, TIFF), encoder="tiff", library="pyav", bits=16, alpha="rgba")
exr = picture(
    f"{STILLS}:exr",
    "for compositing",
    (EXR,),
    encoder="exr",
    library="pyav",
    bits=16,
    depth="32 bits of linear light",
    alpha="rgba",
    linear=True,
)
jpeg = picture(f"{STILLS}:jpeg", "small, and opens everywhere", (JPG, JPEG), encoder=".jpg", library="opencv")
webp_picture = picture(f"{STILLS}:webp", "small", (WEBP,), encoder=".webp", library="opencv", alpha="rgba")
