"""Writes a tiny llama model with random weights: real llama.cpp servers load it, and it talks nonsense.

    python make_gguf.py OUT.gguf [--seed 7]

Needs the packages `gguf` and `numpy`. The file has about 1 MB. Its tokens are the 256 bytes and a few words, so it can
say everything (broken UTF-8 included) and means nothing.
"""

import argparse

import gguf
import numpy as np

LAYERS, WIDTH, HEADS, INNER, CONTEXT = 2, 64, 4, 128, 8192

# Plain words: servers that enforce a JSON schema read the prompt through the grammar, control tokens confuse them.
TEMPLATE = (
    "{% for message in messages %}# {{ message.role }}\n{{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}# assistant\n{% endif %}"
)


def tokens():
    """Control tokens, one token for each byte, and pieces that make JSON likely enough to be interesting."""
    control = gguf.TokenType.CONTROL
    listed = [("<unk>", gguf.TokenType.UNKNOWN), ("<s>", control), ("</s>", control)]
    listed += [(f"<0x{byte:02X}>", gguf.TokenType.BYTE) for byte in range(256)]
    pieces = ["\u2581", "{", "}", '"', ":", ",", "[", "]", "\u2581tea", "\u2581the", "\u6625", "\u8336", "\u65b0", "text", "title"]
    listed += [(piece, gguf.TokenType.NORMAL) for piece in pieces]
    return listed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    random = np.random.default_rng(args.seed)
    vocabulary = tokens()

    writer = gguf.GGUFWriter(args.out, "llama")
    writer.add_name("nonsense")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(vocabulary))
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([token.encode() for token, _ in vocabulary])
    writer.add_token_scores([-float(n) for n in range(len(vocabulary))])
    writer.add_token_types([int(kind) for _, kind in vocabulary])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)

    def matrix(name, *shape, scale=0.08):
        writer.add_tensor(name, random.normal(0.0, scale, shape).astype(np.float32))

    matrix("token_embd.weight", len(vocabulary), WIDTH, scale=1.0)
    matrix("output.weight", len(vocabulary), WIDTH, scale=0.2)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, dtype=np.float32))
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"{block}.{norm}.weight", np.ones(WIDTH, dtype=np.float32))
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            matrix(f"{block}.{part}.weight", WIDTH, WIDTH)
        matrix(f"{block}.ffn_gate.weight", INNER, WIDTH)
        matrix(f"{block}.ffn_up.weight", INNER, WIDTH)
        matrix(f"{block}.ffn_down.weight", WIDTH, INNER)

    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
