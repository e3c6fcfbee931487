"""Pack a tuned encoder: layers as int8 ONNX, word pieces in four bits, tokenizer; what `Encoder.load` reads."""

import copy
import gzip
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

from listening_etl.encoding import Encoder

WHOLE = 3
"""Layers whose second half stays in half precision: three bring back nearly all that eight bits cost."""


class Layers(nn.Module):
    """From the vectors of a text's pieces, [1, pieces, width], to the text's vector: the mean of the last layer."""

    def __init__(self, bert):
        super().__init__()
        self.embeddings, self.encoder = bert.embeddings, bert.encoder

    def forward(self, words):
        """One text at a time: no padding, no mask."""
        places = self.embeddings.position_embeddings.weight[: words.shape[1]]
        kind = self.embeddings.token_type_embeddings.weight[0]
        hidden = self.embeddings.LayerNorm(words + places + kind)
        return self.encoder(hidden).last_hidden_state.mean(dim=1)


def pack(network, pieces, tokenizer, folder, texts):
    """Write the encoder of a tuned network, with its projection onto meaning; returns it as loaded.

    `texts`: some, on which it is measured which layers suffer from eight bits, and what all texts have in common.
    """
    write(network.bert, pieces, tokenizer, folder, texts)
    encoder = Encoder.load(folder)
    projection = network.meaning.weight.detach().numpy().T.astype(np.float16)
    turned = encoder.encode(texts) @ projection.astype(np.float32)
    centre = (turned / np.linalg.norm(turned, axis=1, keepdims=True)).mean(axis=0)
    np.savez(folder / "meaning.npz", projection=projection, centre=centre.astype(np.float16))
    return encoder


def meanings(bert, pieces, tokenizer, texts):
    """The base encoder's vector, of length 1, of each text: what a text is about."""
    with tempfile.TemporaryDirectory() as name:
        write(bert, pieces, tokenizer.to_str(), Path(name))
        once = list(dict.fromkeys(texts))
        vectors = Encoder.load(Path(name)).encode([f"query: {text}" for text in once])
    return dict(zip(once, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), strict=True))


def write(bert, pieces, tokenizer, folder, texts=()):
    """Layers, word pieces (nibbles and scales, as they were frozen) and tokenizer, as `Encoder.load` reads them.

    With `texts`, the `WHOLE` layers that lose most by it keep their second half in half precision.
    """
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "pieces.npz", nibbles=pieces[0], scales=pieces[1])
    (folder / "tokenizer.json.gz").write_bytes(gzip.compress(tokenizer.encode(), 9, mtime=0))
    with tempfile.TemporaryDirectory() as name:
        fused = export(plainly(bert).eval(), Path(name))
        whole = sensitive(fused, folder, texts) if len(texts) else []
        quantise(fused, folder / "layers.onnx", whole)
    in_half_precision(folder / "layers.onnx", whole)


def export(bert, scratch):
    """The layers as ONNX with fused attention, in single precision."""
    from onnxruntime.transformers.optimizer import optimize_model

    plain, fused = scratch / "plain.onnx", scratch / "fused.onnx"
    torch.onnx.export(
        Layers(bert), (torch.zeros(1, 7, bert.config.hidden_size),), str(plain),
        input_names=["words"], output_names=["vector"], dynamic_axes={"words": {1: "pieces"}},
        opset_version=17, dynamo=False,
    )  # fmt: skip
    heads, width = bert.config.num_attention_heads, bert.config.hidden_size
    optimize_model(str(plain), "bert", num_heads=heads, hidden_size=width).save_model_to_file(str(fused))
    return fused


def quantise(fused, target, whole=()):
    """Weights in eight bits, activations as they come; nodes named in `whole` stay as they are."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        fused, target, per_channel=True, weight_type=QuantType.QInt8, nodes_to_exclude=list(whole),
        op_types_to_quantize=["MatMul", "Attention"], extra_options={"DefaultTensorType": 1},
    )  # fmt: skip


def sensitive(fused, folder, texts):
    """The `WHOLE` nodes after an activation function without which eight bits come nearest to single precision.

    A few of these activations have outliers, which take the steps from all others.
    """
    import onnx

    exact = _vectors(folder, texts, lambda target: shutil.copy(fused, target))
    nodes = [node.name for node in onnx.load(fused).graph.node if is_after_activation(node.name)]

    def likeness(node):
        vectors = _vectors(folder, texts, lambda target: quantise(fused, target, [node]))
        norms = np.linalg.norm(vectors, axis=1) * np.linalg.norm(exact, axis=1)
        return float(((vectors * exact).sum(axis=1) / norms).mean())

    return sorted(nodes, key=likeness)[-WHOLE:]


def is_after_activation(name):
    """Whether a node is the second half of a layer, and not the end of its attention."""
    return name.endswith("/output/dense/MatMul") and "attention" not in name


def _vectors(folder, texts, make):
    """What an encoder with these layers makes of texts."""
    with tempfile.TemporaryDirectory() as name:
        for file in ("pieces.npz", "tokenizer.json.gz"):
            shutil.copy(folder / file, name)
        make(Path(name) / "layers.onnx")
        return Encoder.load(Path(name)).encode(texts)


def in_half_precision(file, nodes):
    """Store the weights of these nodes in half precision; they are widened when the model is loaded."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(file)
    graph, stored = model.graph, {one.name: one for one in model.graph.initializer}
    for node in [node for node in graph.node if node.name in nodes]:
        name = node.input[1]
        half = numpy_helper.from_array(numpy_helper.to_array(stored[name]).astype(np.float16), f"{name}_half")
        graph.initializer.remove(stored[name])
        graph.initializer.append(half)
        graph.node.insert(0, helper.make_node("Cast", [half.name], [name], to=TensorProto.FLOAT))
    onnx.save(model, file)


def plainly(bert):
    """The same encoder with attention spelled out, which the optimiser knows how to fuse."""
    from transformers import BertModel

    config = copy.deepcopy(bert.config)
    config._attn_implementation = "eager"
    twin = BertModel(config, add_pooling_layer=False)
    twin.load_state_dict(bert.state_dict())
    return twin
