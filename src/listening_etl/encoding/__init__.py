"""Texts as numbers: one encoder that reads each text once, and heads that judge what it read."""

from listening_etl.encoding.encoder import Encoder
from listening_etl.encoding.folders import MODELS, encoder_folder
from listening_etl.encoding.heads import Card, Head, read_card
from listening_etl.encoding.text import readable, said

__all__ = ["MODELS", "Card", "Encoder", "Head", "encoder_folder", "read_card", "readable", "said"]
