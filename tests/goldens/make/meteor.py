"""Reference values of METEOR 1.5 as pycocoevalcap calls it. Usage: meteor.py --out DIR --seed N --twin dev|heldout
Needs Java. Sentences are made up here: of a small grammar, with words that have stems, synonyms and paraphrases in common, and
with whatever the program's own tokenizer treats apart."""
import os, random, sys
import numpy as np
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from _case import Writer, arguments

WHO = ["a man", "two men", "the young boy", "a little boy", "several children", "a kid", "a group of people", "an elderly woman", "the lady",
       "a large dog", "a big black dog", "dogs", "a puppy", "the football player", "a soccer player", "a crowd of people", "someone", "mr. smith"]
DOES = ["is running", "runs quickly", "run", "ran", "is riding a bicycle", "rides a bike", "jumps over a fence", "leaped over the fence",
        "is sitting down", "sat on a bench", "takes a picture", "is taking photographs", "climbs up", "is climbing", "speaks to the other one",
        "is talking with another", "wants to go", "would like to leave", "is looking at a car", "watches the automobile"]
WHERE = ["on the street", "in the road", "next to a house", "close to the building", "beside a home", "near the water", "at the beach",
         "on the shore", "in front of a large crowd", "behind a small store", "in a shop", "under a rock", "in the snow", "during the night",
         "at the same time", "in spite of the rain", "on top of the mountain"]
ODD = ["u.s. flags", "3:30 p.m.", "a t-shirt", "the dog 's tail", "do n't", "1,000 birds", "-lrb- fast -rrb-", "o'clock", "no. 5", "vs.", "café",
       "#1", "a & b", "1/2", "well-known", "as", "is", "\u201cfast\u201d", "e.g. this", "etc."]


def sentence(rng):
    parts = [rng.choice(WHO), rng.choice(DOES)]
    if rng.random() < 0.8:
        parts.append(rng.choice(WHERE))
    if rng.random() < 0.4:
        parts += ["and", rng.choice(WHO), rng.choice(DOES)]
    if rng.random() < 0.4:
        parts.insert(rng.randrange(len(parts) + 1), rng.choice(ODD))
    return " ".join(parts)


def changed(rng, text):
    words = text.split()
    for _ in range(rng.randrange(4)):
        i, j = rng.randrange(len(words)), rng.randrange(len(words))
        words[i], words[j] = words[j], words[i]
    if rng.random() < 0.3:
        words.insert(rng.randrange(len(words) + 1), rng.choice(words))
    return " ".join(words)


def main():
    from pycocoevalcap.meteor.meteor import Meteor
    a = arguments()
    rng = random.Random(a.seed)
    references = [[sentence(rng) for _ in range(rng.randint(1, 5))] for _ in range(200)]
    candidates = [changed(rng, rng.choice(r)) if rng.random() < 0.4 else sentence(rng) for r in references]
    candidates[3] = ""
    candidates[4] = references[4][0]
    corpus, items = Meteor().compute_score(dict(enumerate(references)), {i: [c] for i, c in enumerate(candidates)})
    Writer(a.out).case(
        "captions/meteor", "METEOR of made-up sentences, not tokenised before", "pycocoevalcap 1.2, METEOR 1.5 (-l en -norm), OpenJDK 17",
        "Denkowski and Lavie 2014, parameters of the English ranking task: alpha 0.85, beta 0.2, gamma 0.6, delta 0.75; exact 1, stem 0.6, synonym 0.8, paraphrase 0.6",
        ["the Java program's own output, not recomputed", "the corpus figure is that of the summed counts", "tolerance 1e-9"],
        {"hypotheses": candidates, "references": references}, {"meteor": corpus, "meteor_per_image": np.array(items)})


if __name__ == "__main__":
    main()
