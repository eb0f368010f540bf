"""The shell of bone: where it is, how much of the beam it returns and how much it takes away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fetal_head.phantom.anatomy import Head
from fetal_head.phantom.axes import Float, length
from fetal_head.phantom.noise import smooth_line
from fetal_head.phantom.scan import Beams

TURNS = 1024  # steps around the head at which the shell's unevenness is drawn


@dataclass(frozen=True)
class Shell:
    """On (samples, beams): depth below the outer edge (mm, negative outside), cosine between beam and bone, bone (0..1)."""

    depth: Float
    facing: Float
    bone: Float


def shell_of(rng: np.random.Generator, head: Head, beams: Beams) -> Shell:
    """The shell of `head`, its thickness and outline uneven, with a gap at a suture or two."""
    p, q = head.axes.local(beams.x, beams.y)
    a, b = np.float32(head.size.major), np.float32(head.size.minor)
    level = length(p / a, q / b) + np.float32(1e-6)
    gradient_p, gradient_q = p / (a * a * level), q / (b * b * level)
    steepness = length(gradient_p, gradient_q) + np.float32(1e-6)
    turn = np.arctan2(q / b, p / a)
    step = ((turn + np.float32(np.pi)) * np.float32((TURNS - 1) / (2 * np.pi))).astype(np.int32)

    depth = (1 - level) / steepness - _outline(rng, head)[step]
    (ax, ay), (bx, by) = head.axes.along, head.axes.across
    beam_x, beam_y = beams.direction
    beam_p, beam_q = beam_x * np.float32(ax) + beam_y * np.float32(ay), beam_x * np.float32(bx) + beam_y * np.float32(by)
    facing = np.abs(gradient_p * beam_p + gradient_q * beam_q) / steepness
    thickness = _thickness(rng, head)[step]
    soft = np.float32(0.25)  # mm over which bone begins and ends
    bone = np.clip(depth / soft, 0, 1) * np.clip((thickness - depth) / soft, 0, 1) * _sutures(rng)[step]
    return Shell(depth, facing, bone.astype(np.float32))


def echo_level(rng: np.random.Generator, shell: Shell) -> Float:
    """Echo of bone in dB: full where the beam meets it squarely, faint where it grazes it."""
    fall = rng.uniform(14, 40)
    return np.asarray(fall * np.log10(shell.facing + np.float32(0.06)) + rng.uniform(-9, 3), np.float32)


def _outline(rng: np.random.Generator, head: Head) -> Float:
    """How far in mm the bone lies inside the fitted ellipse, around the head: real skulls are not quite ellipses."""
    turn = np.linspace(-np.pi, np.pi, TURNS)
    amplitude = rng.uniform(0, 0.045) * head.size.minor
    pinch = rng.uniform(0, 0.02) * head.size.minor
    wave = 0.5 - 0.5 * np.cos(2 * turn + rng.normal(0, 0.6)) * np.cos(rng.integers(1, 3) * turn + rng.uniform(0, 6))
    return np.asarray(amplitude * wave + pinch * (1 + np.cos(3 * turn)) / 2, np.float32)


def _thickness(rng: np.random.Generator, head: Head) -> Float:
    uneven = smooth_line(rng, TURNS, 14)
    uneven += (uneven[0] - uneven[-1]) * np.linspace(0, 1, TURNS, dtype=np.float32)
    return np.asarray(head.size.skull * np.exp(0.28 * uneven), np.float32)


def _sutures(rng: np.random.Generator) -> Float:
    bone = np.exp(0.1 * smooth_line(rng, TURNS, 40) + rng.uniform(0.2, 0.7) * smooth_line(rng, TURNS, int(rng.integers(7, 16))))
    for _ in range(rng.poisson(1.0)):
        at, half = rng.integers(0, TURNS), rng.integers(4, 20)
        bone[max(at - half, 0) : at + half] *= rng.uniform(0.05, 0.5)
    return bone.astype(np.float32)
