"""The services of the list: the categories of the taxonomy, as GeoReport v2 describes them. Pure.

Must not know a request. Every service has the same attributes, all of them optional.
"""

from collections.abc import Mapping, Sequence

from services.ingest.open311.formats import Value
from services.ingest.pages.labels import CATEGORIES
from shared.contracts.enums import Category
from shared.db.read.directory import OPD

OPD_ATTRIBUTE = "opd"
OCCURRED_ON = "occurred_on"
ANONYMOUS = "anonymous"
CONFIDENTIAL = "confidential"
ATTRIBUTES = (OPD_ATTRIBUTE, OCCURRED_ON, ANONYMOUS, CONFIDENTIAL)
_ROADS, _BASIC, _OFFICE, _ORDER = (
    "Sarana dan lingkungan",
    "Layanan dasar",
    "Administrasi dan perizinan",
    "Ketertiban dan lainnya",
)
_INDONESIAN = 0
# Group and keywords; the name is the one the citizens' form shows.
_ABOUT: Mapping[Category, tuple[str, str]] = {
    Category.JALAN_JEMBATAN: (_ROADS, "jalan,jembatan,lubang,aspal"),
    Category.DRAINASE_BANJIR: (_ROADS, "drainase,got,banjir,genangan"),
    Category.AIR_BERSIH: (_ROADS, "air,PDAM,sambungan"),
    Category.SAMPAH_LINGKUNGAN: (_ROADS, "sampah,TPS,pencemaran,pohon"),
    Category.PENERANGAN_JALAN: (_ROADS, "lampu,penerangan,PJU"),
    Category.LISTRIK_EKSTERNAL: (_ROADS, "listrik,PLN,padam"),
    Category.ADMINDUK: (_OFFICE, "KTP,KK,akta,pindah"),
    Category.KESEHATAN: (_BASIC, "puskesmas,rumah sakit,obat"),
    Category.PENDIDIKAN: (_BASIC, "sekolah,guru,penerimaan siswa"),
    Category.BANSOS: (_BASIC, "bantuan sosial,PKH,sembako"),
    Category.PERIZINAN: (_OFFICE, "izin,NIB,usaha"),
    Category.PAJAK_DAERAH: (_OFFICE, "pajak,PBB,BPHTB"),
    Category.KETERTIBAN: (_ORDER, "ketertiban,pedagang,kebisingan"),
    Category.TRANSPORTASI_PARKIR: (_ORDER, "parkir,terminal,rambu"),
    Category.KETENAGAKERJAAN: (_BASIC, "tenaga kerja,AK-1,pelatihan"),
    Category.PERILAKU_PETUGAS_PUNGLI: (_ORDER, "petugas,pungli,sikap"),
    Category.LAINNYA: (_ORDER, "lainnya"),
}


def name_of(category: Category) -> str:
    """The service's name."""
    return CATEGORIES[category][_INDONESIAN]


def service_list() -> list[Value]:
    """Every service, in the order of the taxonomy."""
    return [
        {
            "service_code": category.value,
            "service_name": name_of(category),
            "description": f"Laporan tentang {name_of(category).lower()}.",
            "metadata": True,
            "type": "realtime",
            "keywords": keywords,
            "group": group,
        }
        for category, (group, keywords) in _ABOUT.items()
    ]


def definition(category: Category, units: Sequence[OPD]) -> Value:
    """The attributes a report may carry; `units` are the OPDs it may be addressed to."""
    yes_no: list[Value] = [{"key": "true", "name": "Ya"}, {"key": "false", "name": "Tidak"}]
    opds: list[Value] = [{"key": unit.code, "name": unit.name} for unit in units]
    questions: list[tuple[str, str, str, list[Value]]] = [
        (OPD_ATTRIBUTE, "singlevaluelist", "Perangkat daerah yang dituju, bila diketahui.", opds),
        (OCCURRED_ON, "datetime", "Tanggal kejadian.", []),
        (ANONYMOUS, "singlevaluelist", "Identitas pelapor disembunyikan dari petugas.", yes_no),
        (CONFIDENTIAL, "singlevaluelist", "Laporan tidak ditampilkan dalam daftar.", yes_no),
    ]
    return {
        "service_code": category.value,
        "attributes": [
            {
                "variable": True,
                "code": code,
                "datatype": datatype,
                "required": False,
                "datatype_description": "TTTT-BB-HH" if code == OCCURRED_ON else "",
                "order": order,
                "description": said,
                "values": values,
            }
            for order, (code, datatype, said, values) in enumerate(questions, start=1)
        ],
    }
