"""What can be said against an answer without knowing what would have been right. Each becomes a flag (tasks.py)."""

import unicodedata
import zlib
from functools import cache

from batch.transcript import words

# ---------------------------------------------------------------- repetition
LONGEST_PERIOD = 12  # words
LOOP_TURNS = 6
LOOP_WORDS = 12
LOOP_CHARACTERS = 300
LOOP_RATIO = 7.0  # zlib; prose reaches about 2, a list of like JSON objects 5

# ---------------------------------------------------------------- speed
# Fluent speech is about 15 characters a second and the fastest talkers stay under 30: more was not spoken.
MAX_SPOKEN_CHARACTERS_PER_S = 40.0
SPARE_SPEECH_S = 0.5  # the detector may miss a soft onset and an ending

# ---------------------------------------------------------------- script
MIN_LETTERS = 4
OWN_SHARE = 0.5  # of the letters: names and loan words may be in another script
SCRIPTS: dict[tuple[str, ...], str] = {
    ("CYRILLIC",): "russian ru ukrainian uk bulgarian bg belarusian be macedonian mk kazakh kk kyrgyz ky tajik tg "
    "mongolian mn tatar tt",
    ("CYRILLIC", "LATIN"): "serbian sr uzbek uz",
    ("GREEK",): "greek el",
    ("ARABIC",): "arabic ar persian farsi fa urdu ur pashto ps sindhi sd uyghur ug",
    ("HEBREW",): "hebrew he yiddish yi",
    ("DEVANAGARI",): "hindi hi marathi mr nepali ne sanskrit sa",
    ("BENGALI",): "bengali bangla bn assamese as",
    ("GURMUKHI", "ARABIC"): "punjabi pa",
    ("GUJARATI",): "gujarati gu",
    ("ORIYA",): "odia oriya or",
    ("TAMIL",): "tamil ta",
    ("TELUGU",): "telugu te",
    ("KANNADA",): "kannada kn",
    ("MALAYALAM",): "malayalam ml",
    ("SINHALA",): "sinhala si",
    ("THAI",): "thai th",
    ("LAO",): "lao lo",
    ("MYANMAR",): "burmese my",
    ("KHMER",): "khmer km",
    ("GEORGIAN",): "georgian ka",
    ("ARMENIAN",): "armenian hy",
    ("ETHIOPIC",): "amharic am tigrinya ti",
    ("TIBETAN",): "tibetan bo",
    ("CJK", "BOPOMOFO"): "chinese mandarin cantonese zh yue",
    ("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"): "japanese ja",
    ("HANGUL", "CJK"): "korean ko",
    ("LATIN",): "english en french fr german de spanish es italian it portuguese pt dutch nl swedish sv danish da "
    "norwegian no finnish fi icelandic is polish pl czech cs slovak sk slovene slovenian sl croatian hr bosnian bs "
    "hungarian hu romanian ro albanian sq estonian et latvian lv lithuanian lt irish ga welsh cy breton br basque eu "
    "catalan ca galician gl maltese mt turkish tr azerbaijani az indonesian id malay ms javanese jv tagalog filipino "
    "tl vietnamese vi swahili sw yoruba yo hausa ha zulu zu xhosa xh afrikaans af somali so latin la esperanto eo",
}
BY_LANGUAGE = {name: scripts for scripts, names in SCRIPTS.items() for name in names.split()}


def repeats(text: str) -> bool:
    """Whether the text goes round in circles: the same words over and over, or almost nothing at length."""
    data = text.encode()
    if len(text) >= LOOP_CHARACTERS and len(data) > LOOP_RATIO * len(zlib.compress(data)):
        return True
    keys = [word.key for word in words(text)]
    return any(_longest_run(keys, period) >= max(LOOP_WORDS, LOOP_TURNS * period) for period in _periods(len(keys)))


def _periods(count: int) -> range:
    return range(1, min(LONGEST_PERIOD, count // LOOP_TURNS) + 1)


def _longest_run(keys: list[str], period: int) -> int:
    """Words of the longest stretch in which each equals the one `period` before."""
    longest = run = 0
    for position in range(period, len(keys)):
        run = run + 1 if keys[position] == keys[position - period] else 0
        longest = max(longest, run)
    return longest + period if longest else 0


def too_fast(text: str, seconds: float, speech_s: float | None) -> bool:
    """Whether nobody can have spoken this in `seconds`, of which `speech_s` (where known) are speech."""
    if speech_s is not None:
        seconds = min(seconds, speech_s + SPARE_SPEECH_S)
    return seconds > 0 and len(text) / seconds > MAX_SPOKEN_CHARACTERS_PER_S


def not_asked_script(text: str, language: str | None) -> bool:
    """Whether most of the letters are of scripts that `language` (an English name, or a code) is not written in.
    False for a language that is not known here."""
    scripts = BY_LANGUAGE.get((language or "").strip().casefold().partition("-")[0])
    if scripts is None:
        return False
    letters = [script_of(character) for character in text if character.isalpha()]
    return len(letters) >= MIN_LETTERS and sum(script in scripts for script in letters) < OWN_SHARE * len(letters)


@cache
def script_of(letter: str) -> str:
    """The first word of its Unicode name: LATIN, CYRILLIC, CJK."""
    return unicodedata.name(letter, "UNKNOWN").removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ").partition(" ")[0]
