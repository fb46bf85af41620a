"""A user's own files: data and networks read, networks written; ``docs/formats.md`` describes each format.

Paths are opened by the caller. A library that reads one format only is loaded when such a file is read.
"""

from kkt_unlearning.formats.data import Data, read_data
from kkt_unlearning.formats.model_file import ModelFile, read_model, write_model

__all__ = ["Data", "ModelFile", "read_data", "read_model", "write_model"]
