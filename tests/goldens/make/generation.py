"""Goldens of generation: logits processors. The case in tests/goldens/generation was made by these lines in a longer script,
audio_video.py --seed 21."""
from _hf import *
from transformers import generation as G

PROCESSORS = {
    "temperature_0.7": lambda: G.TemperatureLogitsWarper(0.7), "temperature_1.8": lambda: G.TemperatureLogitsWarper(1.8),
    "top_k_1": lambda: G.TopKLogitsWarper(1), "top_k_10": lambda: G.TopKLogitsWarper(10), "top_k_1000": lambda: G.TopKLogitsWarper(1000),
    "top_p_0.3": lambda: G.TopPLogitsWarper(0.3), "top_p_0.9": lambda: G.TopPLogitsWarper(0.9), "top_p_0.01_keep_3": lambda: G.TopPLogitsWarper(0.01, min_tokens_to_keep=3),
    "min_p_0.05": lambda: G.MinPLogitsWarper(0.05), "min_p_0.3": lambda: G.MinPLogitsWarper(0.3),
    "repetition_1.5": lambda: G.RepetitionPenaltyLogitsProcessor(1.5), "repetition_0.8": lambda: G.RepetitionPenaltyLogitsProcessor(0.8),
    "no_repeat_1": lambda: G.NoRepeatNGramLogitsProcessor(1), "no_repeat_2": lambda: G.NoRepeatNGramLogitsProcessor(2), "no_repeat_3": lambda: G.NoRepeatNGramLogitsProcessor(3),
    "min_new_tokens_5_prompt_2_eos_3": lambda: G.MinNewTokensLengthLogitsProcessor(2, 10, eos_token_id=3, device="cpu"),
    "repetition_1.5+no_repeat_2+temperature_0.7+top_k_20+top_p_0.8": lambda: G.LogitsProcessorList([G.RepetitionPenaltyLogitsProcessor(1.5), G.NoRepeatNGramLogitsProcessor(2), G.TemperatureLogitsWarper(0.7), G.TopKLogitsWarper(20), G.TopPLogitsWarper(0.8)]),
}
PROCESSORS["min_new_tokens_10_prompt_2_eos_3"] = PROCESSORS.pop("min_new_tokens_5_prompt_2_eos_3")
LOW = -1.0e30


def build_processors(d, seed, twin):
    g = gen(seed)
    v, n = (50, 10) if twin == "dev" else (61, 9)
    ids = torch.randint(0, 8, (4, n), generator=g)
    ids[0, -1] = ids[0, 0]
    return dict(input_ids=ids, logits=randn(g, 4, v, std=3.0)), dict(
        what="transformers logits processors on stored logits", no64=True, settings=list(PROCESSORS),
        notes=["-inf is stored as -1e30", "top_p sorts ascending and removes tokens whose cumulative probability is <= 1 - top_p", "top_k keeps ties with the k-th logit",
               "repetition penalty: negative scores are multiplied, others divided, once per distinct id in the row", "min_p keeps p >= min_p * max p", "logits have no ties"])


def compute_processors(d, x, dtype):
    out = {}
    for n, f in PROCESSORS.items():
        s = f()(x["input_ids"].clone(), x["logits"].clone())
        out[n] = torch.where(torch.isinf(s), torch.full_like(s, LOW), s)
    return out


if __name__ == "__main__":
    main({"logits_processors": (build_processors, compute_processors)}, "generation.py")
