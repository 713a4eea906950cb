"""Tables in files, CSV and XLSX: the one reader and the one writer of every import and export."""
