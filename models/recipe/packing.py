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

SMOOTHING = 0.85
"""How much of the activations' spread goes into the weights behind them: 0 none, 1 all. Cosine to single precision:
0.978 with 0.5, 0.997 with 0.7 and 0.9, 0.9975 with this; 0.9865 without any."""
SMALLEST = 1e-4
RIDGE = 10  # of the map onto meaning; 1 to 10 are alike, 100 loses
LOOKED_AT = 200  # texts from which it is known how large activations get


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


def pack(network, pieces, tokenizer, folder, texts, meant):
    """Write the encoder of a tuned network, with its projection onto meaning; returns it as loaded.

    `texts`: some, by which it is known how large activations get. `meant`: what `meanings` of the base says.
    """
    write(network.bert, pieces, tokenizer, folder, texts)
    encoder = Encoder.load(folder)
    vectors, wanted = encoder.encode(list(meant)), np.stack(list(meant.values()))
    projection, centre = onto(vectors.astype(np.float64), wanted.astype(np.float64))
    np.savez(folder / "meaning.npz", projection=projection, centre=centre)
    return encoder


def onto(vectors, wanted):
    """The linear map from vectors to directions, [width, width], and where it takes their mean, [width].

    By ridge regression. All texts of the base have most of their direction in common; what is learned is the rest.
    """
    rest = wanted - wanted.mean(axis=0)
    rest /= np.linalg.norm(rest, axis=1, keepdims=True)
    about = vectors - vectors.mean(axis=0)
    projection = np.linalg.solve(about.T @ about + RIDGE * np.eye(about.shape[1]), about.T @ rest)
    return projection.astype(np.float32), (vectors.mean(axis=0) @ projection).astype(np.float32)


def meanings(bert, pieces, tokenizer, texts):
    """The base encoder's vector, of length 1, of each text: what a text is about."""
    once = list(dict.fromkeys(texts))
    with tempfile.TemporaryDirectory() as name:
        write(bert, pieces, tokenizer.to_str(), Path(name), once)
        vectors = Encoder.load(Path(name)).encode([f"query: {text}" for text in once])
    return dict(zip(once, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), strict=True))


def write(bert, pieces, tokenizer, folder, texts):
    """Layers, word pieces (nibbles and scales, as they were frozen) and tokenizer, as `Encoder.load` reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "pieces.npz", nibbles=pieces[0], scales=pieces[1])
    (folder / "tokenizer.json.gz").write_bytes(gzip.compress(tokenizer.encode(), 9, mtime=0))
    with tempfile.TemporaryDirectory() as name:
        fused, exact = export(plainly(bert).eval(), Path(name)), Path(name) / "exact"
        exact.mkdir()
        for file in (folder / "pieces.npz", folder / "tokenizer.json.gz"):
            shutil.copy(file, exact)
        shutil.copy(fused, exact / "layers.onnx")
        smooth(fused, Encoder.load(exact), texts[:: max(1, len(texts) // LOOKED_AT)])
        quantise(fused, folder / "layers.onnx")


def export(bert, scratch):
    """The layers as ONNX with fused attention, in single precision.

    Sums and normalisations stay apart: fused they took twice as long.
    """
    from onnxruntime.transformers.fusion_options import FusionOptions
    from onnxruntime.transformers.optimizer import optimize_model

    plain, fused = scratch / "plain.onnx", scratch / "fused.onnx"
    torch.onnx.export(
        Layers(bert), (torch.zeros(1, 7, bert.config.hidden_size),), str(plain),
        input_names=["words"], output_names=["vector"], dynamic_axes={"words": {1: "pieces"}},
        opset_version=17, dynamo=False,
    )  # fmt: skip
    heads, width = bert.config.num_attention_heads, bert.config.hidden_size
    options = FusionOptions("bert")
    options.enable_skip_layer_norm = options.enable_bias_skip_layer_norm = False
    options.enable_embed_layer_norm = False
    model = optimize_model(
        str(plain), "bert", num_heads=heads, hidden_size=width, optimization_options=options
    )
    model.save_model_to_file(str(fused))
    return fused


def quantise(fused, target):
    """Weights in eight bits, activations as they come."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        fused, target, per_channel=True, weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Attention"], extra_options={"DefaultTensorType": 1},
    )  # fmt: skip


def smooth(fused, encoder, texts):
    """Make the numbers alike in size that a layer multiplies, and let its weights undo it.

    A few of them have outliers, which would take the steps of eight bits from all others (Xiao et al. 2023,
    "SmoothQuant", with a multiplication of its own: others read what stands before as it is).
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(fused)
    graph, stored = model.graph, {one.name: one for one in model.graph.initializer}
    for node, largest in largest_activations(model, encoder, texts):
        old = stored[node.input[1]]
        weight = numpy_helper.to_array(old)
        scale = largest**SMOOTHING / np.abs(weight).max(axis=1) ** (1 - SMOOTHING)
        scale /= np.exp(np.log(scale).mean())
        factor, smoothed = f"{node.name}_factor", f"{node.name}_smoothed"
        old.CopyFrom(numpy_helper.from_array((weight * scale[:, None]).astype(np.float32), old.name))
        graph.initializer.append(numpy_helper.from_array((1 / scale).astype(np.float32), factor))
        graph.node.insert(
            list(graph.node).index(node), helper.make_node("Mul", [node.input[0], factor], [smoothed])
        )
        node.input[0] = smoothed
    onnx.save(model, fused)


def largest_activations(model, encoder, texts):
    """Each multiplication that is smoothed, with the largest number that came to each of its inputs, [inputs]."""
    import onnx
    from onnxruntime import InferenceSession

    nodes = [node for node in model.graph.node if is_smoothed(node)]
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    for node in nodes:
        shown = onnx.helper.make_tensor_value_info(node.input[0], onnx.TensorProto.FLOAT, None)
        watched.graph.output.append(shown)
    session, largest = InferenceSession(watched.SerializeToString()), [SMALLEST] * len(nodes)
    for text in texts:
        _, *seen = session.run(None, {"words": encoder.words(text)})
        largest = [
            np.maximum(old, np.abs(new[0]).max(axis=0)) for old, new in zip(largest, seen, strict=True)
        ]
    return list(zip(nodes, largest, strict=True))


def is_smoothed(node):
    """Whether a node is the attention or one of the two halves after it; the end of the attention has no outliers."""
    half = node.op_type == "MatMul" and node.name.endswith("/dense/MatMul")
    return node.op_type == "Attention" or (half and "/attention/" not in node.name)


def plainly(bert):
    """The same encoder with attention spelled out, which the optimiser knows how to fuse."""
    from transformers import BertModel

    config = copy.deepcopy(bert.config)
    config._attn_implementation = "eager"
    twin = BertModel(config, add_pooling_layer=False)
    twin.load_state_dict(bert.state_dict())
    return twin
