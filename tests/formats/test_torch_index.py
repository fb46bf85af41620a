"""The index of a ``.pt``, followed without PyTorch: what torch wrote, what is written, what means harm."""

import io
from pathlib import Path

import numpy as np
import pytest
from hostile import EXAMPLES, archive, assert_one_sentence
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.errors import UserError
from kkt_unlearning.formats import read_model
from kkt_unlearning.formats.torch_index import followed, written

# torch 2.13 wrote it: Sequential(Linear(3, 2), ReLU, Linear(2, 1, bias=False)) with weights 1/8, 2/8, … and
# biases -1/2 and 3; the last weights are a parameter alone and of bfloat16
TORCH = Path(__file__).with_name("torch.pt")
TENSORS = {
    "a.weight": np.ones((2, 3)),
    "ä.bias": np.ones(2, np.float32),
    "": np.ones(0, np.float16),
}


def refusal(index: bytes) -> str:
    with pytest.raises(UserError) as error:
        read_model(io.BytesIO(archive({"x/data.pkl": index})), "W.pt")
    assert_one_sentence(str(error.value))
    return str(error.value)


def test_what_torch_wrote():
    model = read_model(io.BytesIO(TORCH.read_bytes()), "W.pt").model
    assert model.W.tolist() == [[0.125, 0.25, 0.375], [0.5, 0.625, 0.75]]
    assert model.bias.tolist() == [-0.5, 3.0]
    assert model.u.tolist() == [1.5, -2.0]


def test_what_is_written_is_followed():
    found = followed(written(TENSORS), "W.pt")
    assert [tensor.strides for tensor in found.values()] == [(3, 1), (1,), (1,)]
    assert list(found) == list(TENSORS)
    for place, (tensor, expected) in enumerate(zip(found.values(), TENSORS.values(), strict=True)):
        assert (tensor.shape, tensor.end, tensor.entries) == (expected.shape, *2 * [expected.size])
        assert (tensor.storage.dtype, tensor.storage.key) == (expected.dtype.name, str(place))


DOUBLED = b"\x85q\x00h\x00\x86" + b"q\x00h\x00\x86" * 100  # ((…), (…)) a hundred deep
HARM = {
    "a key that takes for ever to hash": b"\x80\x02}N" + DOUBLED + b"K\x01s.",
    "a value that takes for ever to print": b"\x80\x02}X\x01\x00\x00\x00aN" + DOUBLED + b"s.",
    "a state dict that takes for ever to print": b"\x80\x02N" + DOUBLED + b".",
    "a hundred thousand within one another": b"\x80\x02)" + b"\x85" * 10**5 + b".",
    "lists within themselves": b"\x80\x02]q\x00h\x00a.",
    "a dict within itself": b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.",
    "nothing on the stack": b"\x80\x02.",
    "a mark that is not there": b"\x80\x02t.",
    "no end": b"\x80\x02}",
    "a number of a million digits": b"\x80\x02L" + b"9" * 900_000 + b"L\n.",
    "a number of a million bytes": b"\x80\x02}\x8b\x00\x00\x0d\x00"
    + b"\x7f" * 0xD0000
    + b"K\x01s.",
    "bytes of a size beyond the file": b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f.",
    "a key twice": b"\x80\x02}(X\x01\x00\x00\x00aK\x01X\x01\x00\x00\x00aK\x02u.",
    "a storage of another": b"\x80\x02(X\x07\x00\x00\x00storageK\x01K\x01K\x01K\x01tQ.",
}


@pytest.mark.parametrize("case", HARM)
def test_harm_is_one_sentence(case):
    assert refusal(HARM[case]).endswith(": save network.state_dict() with torch.save.")


instructions = st.sampled_from(
    [
        *(
            b"}",
            b"]",
            b")",
            b"(",
            b"t",
            b"\x85",
            b"\x86",
            b"\x87",
            b"a",
            b"e",
            b"s",
            b"u",
            b"N",
            b"\x88",
        ),
        *(
            b"K\x01",
            b"X\x01\x00\x00\x00a",
            b"q\x00",
            b"q\x01",
            b"h\x00",
            b"h\x01",
            b"\x94",
            b"R",
            b"Q",
            b"b",
        ),
        *(
            b"ccollections\nOrderedDict\n",
            b"ctorch._utils\n_rebuild_tensor_v2\n",
            b"ctorch\nFloatStorage\n",
        ),
        *(
            b"ctorch._utils\n_rebuild_parameter\n",
            b"X\x07\x00\x00\x00storage",
            b"\x8a\x01\xff",
            b"0",
            b"2",
        ),
    ]
)


@settings(max_examples=EXAMPLES)
@given(st.lists(instructions, max_size=40))
def test_any_instructions_are_one_sentence(drawn):
    refusal(b"\x80\x02" + b"".join(drawn) + b".")
