"""A network of the user's own from a file of theirs, and back."""

from dataclasses import dataclass
from typing import Any, BinaryIO

from kkt_unlearning.audit.layers import find_layers, network, tensors_of
from kkt_unlearning.audit.model import Model
from kkt_unlearning.audit.modules import as_model
from kkt_unlearning.audit.removal import Removal
from kkt_unlearning.errors import DataError
from kkt_unlearning.formats.opening import kind_of
from kkt_unlearning.formats.safetensors_file import read_safetensors, to_safetensors
from kkt_unlearning.formats.torch_file import read_torch, to_torch
from kkt_unlearning.formats.weights_npz import read_npz, to_npz

KINDS = (".npz", ".safetensors", ".pt", ".pth", ".ckpt", ".bin")


@dataclass(frozen=True, eq=False)
class ModelFile:
    """What a file of weights holds.

    Args:
        model: the network, float64.
        removal: what was taken out of it, or None where the file does not say.
        logits: outputs in the file; of 2 the network is their difference.
    """

    model: Model
    removal: Removal | None = None
    logits: int = 1


def read_model(file: BinaryIO, name: str) -> ModelFile:
    """The network of an ``.npz``, a ``.safetensors`` or a ``.pt``, without ever running what a file says.

    Args:
        file: open for reading bytes, and read from its start.
        name: of the file; its extension says the format, and sentences begin with it.

    Raises:
        DataError: another extension, the file is damaged or would not fit this machine's memory, it holds
            another kind of network, or as in `kkt_unlearning.audit.Model`.

    Arrays of an ``.npz``: `kkt_unlearning.formats.weights_npz`; tensors of the others:
    `kkt_unlearning.audit.layers.network`.
    """
    kind = kind_of(name, KINDS)
    if kind == ".npz":
        return ModelFile(*read_npz(file, name))
    read = read_safetensors if kind == ".safetensors" else read_torch
    tensors = read(file, name)
    return ModelFile(network(tensors, name), logits=find_layers(tensors, name).logits)


def write_model(model: Any, name: str, removal: Removal | None = None) -> bytes:
    """The content of a file that `read_model` reads; the same network gives the same bytes.

    Args:
        model: the network, a :class:`kkt_unlearning.audit.Model`, whose arrays keep their dtype, or a
            ``torch.nn.Module``, or an estimator of scikit-learn with ``coef_`` or ``coefs_``.
        name: of the file, whose extension says the format; nothing is written there.
        removal: what was taken out of the network, for an ``.npz`` only.

    Raises:
        DataError: another extension, or a removal for a format that keeps none or of another network.
    """
    kind, model = kind_of(name, KINDS), as_model(model)
    if kind == ".npz":
        return to_npz(model, removal)
    if removal is not None:
        raise DataError(
            f"{name} would lose what was taken out of the network, which only an .npz keeps: give it the "
            "extension .npz, or leave removal out."
        )
    write = to_safetensors if kind == ".safetensors" else to_torch
    return write(tensors_of(model))
