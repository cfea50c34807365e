"""The official `openai` Python client against `sensorium serve`: embeddings (float and base64, lists, shorter ones), models, chat about a
picture (whole and streamed), and its error classes.

    openai_client.py ADDRESS PICTURE
"""
import base64
import math
import sys

import openai

address, picture = sys.argv[1:]
client = openai.OpenAI(base_url=f"{address}/v1", api_key="not-needed-but-asked-for", max_retries=0)
data = base64.b64encode(open(picture, "rb").read()).decode()

models = {m.id: m for m in client.models.list().data}
assert set(models) == {"clip", "blip_caption", "blip_vqa"}, models
assert client.models.retrieve("clip").id == "clip"


def near(a, b):
    return len(a) == len(b) and max(abs(x - y) for x, y in zip(a, b)) < 1e-6


one = client.embeddings.create(model="clip", input="a red pattern")  # the client itself asks for base64
assert one.object == "list" and one.data[0].object == "embedding" and one.usage.prompt_tokens > 0, one
vector = one.data[0].embedding
assert math.isclose(sum(x * x for x in vector), 1, rel_tol=1e-5)
plain = client.embeddings.create(model="clip", input="a red pattern", encoding_format="float")
assert near(plain.data[0].embedding, vector)
many = client.embeddings.create(model="clip", input=["a blue pattern", "a red pattern"])
assert [d.index for d in many.data] == [0, 1] and near(many.data[1].embedding, vector)
short = client.embeddings.create(model="clip", input="a red pattern", dimensions=8)
assert len(short.data[0].embedding) == 8
image = client.embeddings.create(model="clip", input=f"data:image/png;base64,{data}", extra_body={"modality": "image"})
assert len(image.data[0].embedding) == len(vector) and not near(image.data[0].embedding, vector)

content = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}]
caption = client.chat.completions.create(model="blip_caption", messages=[{"role": "user", "content": content}], max_tokens=8)
assert caption.object == "chat.completion" and caption.choices[0].message.role == "assistant"
assert caption.choices[0].finish_reason in ("stop", "length")
assert caption.usage.completion_tokens > 0, caption
words = caption.choices[0].message.content
chunks = list(client.chat.completions.create(model="blip_caption", messages=[{"role": "user", "content": content}], max_tokens=8, stream=True,
                                              stream_options={"include_usage": True}))
assert all(c.object == "chat.completion.chunk" for c in chunks)
assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == words, (words, chunks)
assert chunks[-1].usage.completion_tokens == caption.usage.completion_tokens
question = content + [{"type": "text", "text": "what colour is it"}]
answer = client.chat.completions.create(model="blip_vqa", messages=[{"role": "user", "content": question}])
assert isinstance(answer.choices[0].message.content, str)


def refused(kind, call):
    try:
        call()
    except kind as error:
        assert error.body["message"], error
        return
    raise AssertionError(f"expected {kind}")


refused(openai.NotFoundError, lambda: client.embeddings.create(model="no-such-model", input="a"))
refused(openai.BadRequestError, lambda: client.embeddings.create(model="clip", input=[]))
refused(openai.BadRequestError, lambda: client.embeddings.create(model="clip", input="a", dimensions=100000))
refused(openai.BadRequestError, lambda: client.chat.completions.create(model="blip_caption", messages=[{"role": "user", "content": "no picture"}]))
print(f"openai {openai.__version__}: embeddings, models, chat, streams and errors as the client expects")
