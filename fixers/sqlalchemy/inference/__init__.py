"""Inference: which kinds of values flow where in a program, proved by following them."""
