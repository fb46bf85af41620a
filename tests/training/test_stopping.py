"""Ending a training early: who is asked, when, and what the answer does."""

from itertools import pairwise

import array_api_strict as strict
import numpy as np
import pytest
from builders import gaussian, network

from kkt_unlearning.errors import NotConvergedError
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, train

DESCENT = Descent(steps=2000, minimum_margin=0.5)


def batch(seeds, samples=8, dimension=12, width=20):
    """Some problems on strongly correlated samples, whose activations change late, as one batch."""
    members = [gaussian(seed, samples, dimension, width) for seed in seeds]
    X = np.stack([p.X + 0.5 * p.X[:1] for p, _ in members])
    problem = Problem(network(width), X, np.stack([p.y for p, _ in members]))
    return problem, np.stack([W for _, W in members])


class Judge:
    """Says ``answer`` from its ``patience``-th question on, and remembers what it was shown."""

    def __init__(self, patience, answer=True):
        self.patience, self.answer, self.shown, self.asked = patience, answer, [], []

    def __call__(self, W, asked):
        self.shown.append(W)
        self.asked.append(asked)
        yes = len(self.shown) >= self.patience
        return np.broadcast_to(np.asarray(self.answer if yes else False), W.shape[:-2])


@pytest.mark.parametrize("patience", [1, 3])
def test_a_network_ends_at_its_first_yes_with_the_weights_that_were_judged(patience):
    problem, W0 = batch([1, 2])
    judge = Judge(patience)
    stopped = train(problem, W0, DESCENT, settled=judge)
    assert (stopped.steps < DESCENT.steps).all()
    assert stopped.history[-1].step == stopped.steps.max()
    whole = train(problem, W0, DESCENT, snapshots=sorted({*stopped.steps.tolist()}))
    assert (whole.steps == DESCENT.steps).all()
    at = dict(zip(sorted({*stopped.steps.tolist()}), whole.snapshots, strict=True))
    for b, step in enumerate(stopped.steps):
        np.testing.assert_allclose(stopped.W[b], at[step][b], atol=1e-12)
        last = max(t for t, asked in enumerate(judge.asked) if asked[b])
        np.testing.assert_array_equal(stopped.W[b], judge.shown[last][b])


def test_one_network_rests_while_the_other_goes_on():
    problem, W0 = batch([1, 2])
    result = train(problem, W0, DESCENT, settled=Judge(1, answer=[True, False]))
    whole = train(problem, W0, DESCENT)
    assert result.steps[0] < result.steps[1] == DESCENT.steps
    np.testing.assert_allclose(result.W[1], whole.W[1], atol=1e-12)
    np.testing.assert_allclose(result.margins[1], whole.margins[1], atol=1e-12)
    np.testing.assert_allclose(result.loss_weights[1], whole.loss_weights[1], rtol=1e-12)
    assert np.abs(result.W[0] - whole.W[0]).max() > 1e-3


def test_without_a_yes_nothing_changes():
    problem, W0 = batch([1, 2])
    judge = Judge(1, answer=False)
    result, whole = train(problem, W0, DESCENT, settled=judge), train(problem, W0, DESCENT)
    assert len(judge.shown) > 1
    assert (result.steps == DESCENT.steps).all()
    np.testing.assert_array_equal(result.W, whole.W)


def test_a_network_is_asked_where_its_supporting_activations_rested_in_the_later_half_of_the_steps():
    problem, W0 = batch([1, 2, 3])
    asked, lines = [], []

    def never(W, who):
        asked.extend((lines[-1].step, b) for b in np.flatnonzero(who))
        return np.zeros(3, bool)

    result = train(problem, W0, DESCENT, report=lines.append, settled=never)
    expected, large = [], 0
    for line in result.history[:-1]:
        for b in range(3):
            changes = [x.step for x in result.history if x.supporting_flips[b]]
            past = [step for step in changes if step <= line.step]
            if line.smallest_margin[b] > DESCENT.minimum_margin:
                large += 1
                if not past or 2 * max(past) <= line.step:
                    expected.append((line.step, b))
    assert asked == expected
    assert 1 < len(expected) < large  # some checkpoints with large margins come too early


def test_flips_that_support_are_counted_apart_and_settle_while_the_others_chatter():
    problem, W0 = batch([1, 2])
    steps = sorted({*range(1, 60), 2000})
    result = train(problem, W0, DESCENT, snapshots=steps)
    patterns = dict(zip(steps, (problem.pattern(W) for W in result.snapshots), strict=True))
    by_step = {line.step: line for line in result.history}
    for before, after in pairwise(range(1, 60)):
        flipped = (patterns[before] != patterns[after]) & (problem.signs > 0)
        np.testing.assert_array_equal(by_step[after].supporting_flips, flipped.sum(axis=(-2, -1)))
    assert sum(line.supporting_flips.sum() for line in result.history) > 0
    late = [line for line in result.history if line.step > 1000]
    assert sum(line.flips.sum() for line in late) > 0
    assert sum(line.supporting_flips.sum() for line in late) == 0


def test_samples_that_take_no_part_support_nothing():
    problem, W0 = batch([1])
    mask = np.arange(8) != 3
    result = train(problem, W0, DESCENT, mask=mask[None])
    rest = Problem(problem.network, problem.X[:, mask], problem.y[:, mask])
    alone = train(rest, W0, DESCENT)
    for line, other in zip(result.history, alone.history, strict=True):
        np.testing.assert_array_equal(line.supporting_flips, other.supporting_flips)


def test_too_small_margins_are_not_put_before_the_judge():
    problem, W0 = batch([1])
    judge = Judge(1)
    with pytest.raises(NotConvergedError, match="steps = 30"):
        train(problem, W0, Descent(steps=30, minimum_margin=1e6), settled=judge)
    assert not judge.shown


def test_snapshots_are_waited_for():
    problem, W0 = batch([1])
    free = train(problem, W0, DESCENT, settled=Judge(1))
    later = int(free.steps[0]) + 100
    bound = train(problem, W0, DESCENT, settled=Judge(1), snapshots=[later])
    assert len(bound.snapshots) == 1
    assert bound.steps[0] >= later


def test_the_linear_model_has_no_activations_to_wait_for():
    problem, W0 = gaussian(1, 5, 12, None)
    result = train(problem, W0, Descent(steps=500), settled=Judge(1))
    margins = [float(line.smallest_margin) for line in result.history]
    assert margins[-1] > 1.0 and all(margin <= 1.0 for margin in margins[:-1])


def test_the_judge_may_answer_in_the_array_library_of_the_weights():
    problem, W0 = gaussian(1, 5, 12, 6)
    there = Problem(problem.network, strict.asarray(problem.X), strict.asarray(problem.y))
    descent = Descent(steps=500, minimum_margin=0.1)
    result = train(
        there, strict.asarray(W0), descent, settled=lambda W, asked: strict.asarray(True)
    )
    assert result.steps < 500
