"""A bad OPD list is refused with the row and the remedy."""

from pathlib import Path

import pytest

from shared.errors import TanggapError
from tanggap.opd_list import read_list


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("region,name,title\n", "column short is missing"),
        ("region,name,title,short\npaser,dinkes,,Dinkes\n", "row 2: title is empty"),
        ("region,name,title,short,kode\npaser,a,A,A,C\n", "row 2: kode is A or B"),
        ("region,name,title,short\npaser,a,A,A\npaser,a,B,B\n", "row 3: name stands there twice"),
        ("region,name,title,short,handles\npaser,a,A,A,s\n", "row 2: handles holds no category"),
    ],
)
def test_a_bad_opd_list_names_the_row(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(content)
    with pytest.raises(TanggapError, match=said):
        read_list(file)
