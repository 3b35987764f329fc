"""Whether a model has seen a corpus in its training, and whether it is for its languages."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sertify.vocabulary.text import fold

# ISO 639-2 and the commonest of ISO 639-3, as cards and corpora write them, to ISO 639-1.
_CODES = (
    "aar:aa abk:ab ave:ae afr:af aka:ak amh:am arg:an ara:ar asm:as ava:av aym:ay aze:az bak:ba "
    "bel:be bul:bg bis:bi bam:bm ben:bn bod:bo bre:br bos:bs cat:ca che:ce cha:ch cos:co cre:cr "
    "ces:cs chu:cu chv:cv cym:cy dan:da deu:de div:dv dzo:dz ewe:ee ell:el eng:en epo:eo spa:es "
    "est:et eus:eu fas:fa ful:ff fin:fi fij:fj fao:fo fra:fr fry:fy gle:ga gla:gd glg:gl grn:gn "
    "guj:gu glv:gv hau:ha heb:he hin:hi hmo:ho hrv:hr hat:ht hun:hu hye:hy her:hz ina:ia ind:id "
    "ile:ie ibo:ig iii:ii ipk:ik ido:io isl:is ita:it iku:iu jpn:ja jav:jv kat:ka kon:kg kik:ki "
    "kua:kj kaz:kk kal:kl khm:km kan:kn kor:ko kau:kr kas:ks kur:ku kom:kv cor:kw kir:ky lat:la "
    "ltz:lb lug:lg lim:li lin:ln lao:lo lit:lt lub:lu lav:lv mlg:mg mah:mh mri:mi mkd:mk mal:ml "
    "mon:mn mar:mr msa:ms mlt:mt mya:my nau:na nob:nb nde:nd nep:ne ndo:ng nld:nl nno:nn nor:no "
    "nbl:nr nav:nv nya:ny oci:oc oji:oj orm:om ori:or oss:os pan:pa pli:pi pol:pl pus:ps por:pt "
    "que:qu roh:rm run:rn ron:ro rus:ru kin:rw san:sa srd:sc snd:sd sme:se sag:sg sin:si slk:sk "
    "slv:sl smo:sm sna:sn som:so sqi:sq srp:sr ssw:ss sot:st sun:su swe:sv swa:sw tam:ta tel:te "
    "tgk:tg tha:th tir:ti tuk:tk tgl:tl tsn:tn ton:to tur:tr tso:ts tat:tt twi:tw tah:ty uig:ug "
    "ukr:uk urd:ur uzb:uz ven:ve vie:vi vol:vo wln:wa wol:wo xho:xh yid:yi yor:yo zha:za zho:zh "
    "zul:zu tib:bo cze:cs wel:cy ger:de gre:el baq:eu per:fa fre:fr arm:hy ice:is geo:ka mao:mi "
    "mac:mk may:ms bur:my dut:nl rum:ro slo:sk alb:sq chi:zh arb:ar cmn:zh pes:fa swh:sw zsm:ms"
)
# Those that ISO 639-1 has no code for.
_LONG = (
    "ace ach ada ady alt anp arn arw ast awa bal ban bas bej bem bho bik bin bla bra bug byn "
    "car ceb chk chm chn cho chp chr chy cnr crh csb dak dar den din doi dsb dua dyu efi eka "
    "ewo fan fat fil fon frr frs fur gaa gay gba gil gon gor grb gsw gwi hai hak haw hil hmn "
    "hsb hup iba ilo inh jpr jrb kaa kab kac kam kbd kha kmb kok kos kpe krc krl kru kum lad "
    "lah lam lez lol loz lua lun luo lus mad mag mai mak man mas mdf men mic min mnc mni moh "
    "mos mul mus mwl mwr myv nan nap nds new nia niu nog nqo nso nym nyn nyo nzi osa pag pam "
    "pap pau pon raj rap rar rom rup sad sah sas sat scn sco sel shn sid sma smj smn sms snk "
    "srn srr suk sus syr tem ter tet tig tiv tkl tli tmh tog tpi tsi tum tvl tyv udm umb und "
    "vai vot wal war was wuu xal yao yap yue zap zen zgh zun zza"
)
_NAMES = (
    "arabic:ar armenian:hy basque:eu bengali:bn bulgarian:bg burmese:my cantonese:yue "
    "catalan:ca chinese:zh croatian:hr czech:cs danish:da dutch:nl english:en estonian:et "
    "farsi:fa filipino:fil finnish:fi french:fr galician:gl georgian:ka german:de greek:el "
    "gujarati:gu hebrew:he hindi:hi hungarian:hu icelandic:is indonesian:id irish:ga italian:it "
    "japanese:ja kannada:kn kazakh:kk khmer:km korean:ko kurdish:ku kyrgyz:ky latvian:lv "
    "lithuanian:lt macedonian:mk malay:ms malayalam:ml maltese:mt mandarin:zh marathi:mr "
    "mongolian:mn multilingual:mul nepali:ne norwegian:no pashto:ps persian:fa polish:pl "
    "portuguese:pt punjabi:pa romanian:ro russian:ru serbian:sr slovak:sk slovenian:sl "
    "somali:so spanish:es swahili:sw swedish:sv tagalog:tl tamil:ta telugu:te thai:th "
    "turkish:tr ukrainian:uk unknown:und urdu:ur uzbek:uz vietnamese:vi welsh:cy yoruba:yo "
    "zulu:zu"
)
_SHORT: Mapping[str, str] = MappingProxyType(
    dict(pair.split(":") for pair in _CODES.split())
    | {pair.partition(":")[2]: pair.partition(":")[2] for pair in _CODES.split()}
    | {code: code for code in _LONG.split()}
)
_BY_NAME: Mapping[str, str] = MappingProxyType(dict(pair.split(":") for pair in _NAMES.split()))
_TAG = re.compile(r"([a-z]{2,3})((?:[_-][a-z0-9]{1,8})*)", re.IGNORECASE)
_ALL = frozenset({"mul"})
_UNKNOWN = frozenset({"", "und"})


def language_fit(
    model_languages: Iterable[str] | None, corpus_languages: Iterable[str] | None
) -> float | None:
    """Return the share of a corpus' languages that a model is for, None where either is unknown.

    Regions do not matter (``ko-KR`` is ``ko``), and a multilingual model is for all.

    Examples
    --------
    >>> language_fit(["en"], ["en-GB", "kor"]), language_fit(["multilingual"], ["ko"])
    (0.5, 1.0)
    """
    models, corpus = _languages(model_languages), _languages(corpus_languages) - _ALL
    if not models or not corpus:
        return None
    return 1.0 if models & _ALL else len(corpus & models) / len(corpus)


def language_tag(value: str) -> str | None:
    """Return a language as a short code, with its variety; None for what is no known language.

    Codes are those of ISO 639-1, ISO 639-2 and a few of ISO 639-3; names are English.

    Examples
    --------
    >>> language_tag("kor"), language_tag("ko_kr"), language_tag("German"), language_tag("xyz")
    ('ko', 'ko-KR', 'de', None)
    """
    match = _TAG.fullmatch(value.strip())
    if match is None:
        return _BY_NAME.get(fold(value))
    short = _SHORT.get(match[1].casefold())
    return short and short + "".join(f"-{_subtag(part)}" for part in re.split("[_-]", match[2])[1:])


def base_language(tag: str) -> str:
    """Return the code of a language without its variety; what is no known language folded.

    Examples
    --------
    >>> base_language("ko_KR"), base_language("Korean"), base_language("xyz-A")
    ('ko', 'ko', 'xyz')
    """
    return (language_tag(tag) or "-".join(fold(tag).split())).partition("-")[0]


def _subtag(part: str) -> str:
    # As BCP 47 writes them: the script Hant, the region KR.
    return part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part.casefold()


def _languages(tags: Iterable[str] | None) -> frozenset[str]:
    return frozenset(map(base_language, tags or ())) - _UNKNOWN
