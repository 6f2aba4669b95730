"""A tokenizer that needs no file: every byte is a token, and some words of control are one each."""

from __future__ import annotations

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

ENDS = ("<pad>", "<eos>", "<bos>", "<unk>")
BYTES = 256


def byte_tokenizer(*, length: int, control: tuple[str, ...] = ()) -> PreTrainedTokenizerFast:
    """Return one with 260 tokens, and the control words after them, in their order. Pads on the left."""
    words = [*ENDS, *sorted(pre_tokenizers.ByteLevel.alphabet()), *control]
    tokenizer = Tokenizer(models.BPE({word: number for number, word in enumerate(words)}, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<eos>",
        bos_token="<bos>",
        unk_token="<unk>",
        additional_special_tokens=list(control),
        padding_side="left",
        model_max_length=length,
    )
