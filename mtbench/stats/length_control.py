"""The win rate against a baseline, had both answers been of one length."""

from dataclasses import dataclass

import numpy as np

from mtbench.stats.estimates import LEVEL, Estimate
from mtbench.stats.games import Codes, Floats
from mtbench.stats.pair_logit import Design, PairLogit, fit, left_out
from mtbench.stats.tdist import t_quantile
from mtbench.stats.winrate_intervals import clustered_win_rate

_MODEL_ABOVE_BASELINE = (1.0, -1.0)
_UNKNOWN = float("nan")


@dataclass(frozen=True, slots=True)
class LengthControlled:
    """A model against a baseline.

    `win_rate`: as it was, a tie counted as half. `controlled`: with the effect of length taken out. `length`: that
    effect, φ: by how much the log odds of a win rise with tanh(Δ / sd), so an answer longer by one sd has log odds
    greater by 0.76 φ; 0 is no effect. `sd`: of the differences in length, in their unit. `difficulty`: ψ, the
    coefficient of the difficulty of a question; None where the fit had no such term. `note`: why something is nan, or
    how far the data carry it; empty where nothing has to be said.
    """

    win_rate: Estimate
    controlled: Estimate
    length: Estimate
    sd: float
    difficulty: Estimate | None
    note: str


def length_controlled(
    points: Floats, differences: Floats, questions: Codes, difficulty: Floats | None = None, level: float = LEVEL
) -> LengthControlled:
    """The length-controlled win rate of AlpacaEval 2 (Dubois et al. 2024, Length-Controlled AlpacaEval, section 3).

    All arrays are (n,), a game of the model against the baseline each. `points`: the model's, 1 for a win, 0.5 for a
    tie, 0 for a loss, or a mean of such. `differences`: the length of the model's answer minus that of the baseline's,
    in any unit. `questions`: codes; only games on different questions are independent. `difficulty`: γ of the game's
    question, as of `question_difficulty`. Fitted is

        P(win) = logistic(θ + φ · tanh(Δ / sd(Δ)) + ψ · γ),   controlled = mean over games of logistic(θ + ψ · γ)

    with θ, φ and ψ of this model alone, as in the paper. Where we differ from it:
    - It penalises all coefficients (L1 in the authors' code), with a strength found by five-fold cross-validation, and
      adds, with a weight of 0.2, judgments of two versions of the baseline that were made to write long and short,
      against models that game the measure. We have neither: the fit is maximum likelihood, which does not draw a model
      towards 50 % because its games are few, and for which an error can be stated. Cutting answers short on questions
      that are lost anyway can game it.
    - γ comes from other models' games, not from a leaderboard. Without it the fit is of the average over questions
      (Zeger, Liang and Albert 1988, Models for longitudinal data: a generalized estimating equation approach).

    Errors are the jackknife's that leaves out one question at a time, √((G−1)/G · Σ_g (change without g)²), each change
    to first order (`left_out`), with t of G − 1 degrees of freedom. That of `controlled` counts the questions'
    difficulties as a sample, and its interval is built on the log odds, so it stays within 0 and 1. Coverage decided
    (2,000 draws): of 95 % intervals on 20 questions, 96.3 to 96.8 of 100 hold the controlled win rate and 95.6 to 96.5
    hold φ; on 80 and on 500 questions, 94.4 to 95.8. With difficulty, on 20, they are on the safe side: 96 to 98. The
    sandwich's, on 20, held φ in 93.6 to 94.8, and with difficulty in 91 to 95.

    Where no finite estimate exists, as for a model that won every game, coefficients are nan. `controlled` is then the
    limit, without an interval, if all games came out alike and the model's answer was not always the longer, or always
    the shorter; else nan. Raises ValueError for shapes that do not fit, no games, points below 0 or above 1, and
    differences or difficulties that are no numbers.
    """
    columns = [differences] if difficulty is None else [differences, difficulty]
    if any(column.shape != points.shape or not np.all(np.isfinite(column)) for column in columns):
        raise ValueError("there must be a finite difference in length, and a difficulty if any has one, for each game")
    win_rate = clustered_win_rate(points, questions, level)
    size = win_rate.n, win_rate.clusters
    sd = _spread(differences)
    features = np.column_stack([_squashed(differences, sd), *columns[1:]])
    found = fit(_against_baseline(features), points)
    if found is None:
        note, limit = _without_estimate(points, differences)
        nothing = Estimate(_UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN, *size)
        controlled = Estimate(limit, _UNKNOWN, _UNKNOWN, _UNKNOWN, *size)
        return LengthControlled(win_rate, controlled, nothing, sd, nothing if difficulty is not None else None, note)
    _, clusters = np.unique(questions, return_inverse=True)
    moves = left_out(found, clusters)
    effects = [_effect(found, column, moves, level) for column in range(features.shape[1])]
    controlled = _controlled(found, clusters, moves, level)
    hardness = effects[1] if difficulty is not None else None
    return LengthControlled(win_rate, controlled, effects[0], sd, hardness, _note(differences))


def length_controlled_models(
    models: Codes, points: Floats, differences: Floats, questions: Codes, level: float = LEVEL
) -> list[LengthControlled]:
    """`length_controlled` of each of several models, codes 0, 1, … in `models` (n,), against the same baseline.

    A model's fit has the difficulty term where `question_difficulty` knows the difficulty of all its questions, and
    differs among them; else it has none, and its `difficulty` is None. Raises ValueError as `length_controlled` does,
    and for a code below the highest that has no game.
    """
    if not models.shape == points.shape == differences.shape == questions.shape or models.ndim != 1:
        raise ValueError("models, points, differences and questions have to be lists of one length")
    hardness = question_difficulty(models, points, differences, questions)
    found = []
    for model in range(int(models.max(initial=-1)) + 1):
        own = models == model
        known = bool(np.all(np.isfinite(hardness[own])) and np.ptp(hardness[own]) > 0) if own.any() else False
        given = hardness[own] if known else None
        found.append(length_controlled(points[own], differences[own], questions[own], given, level))
    return found


def question_difficulty(models: Codes, points: Floats, differences: Floats, questions: Codes) -> Floats:
    """(n,): γ of each game: how much better than expected the *other* models did on its question against the baseline.

    Arguments as for `length_controlled_models`. It is the mean of the others' points − chance, with the chance of the
    fit with length and without difficulty: up to a factor the first step of Newton's method, from γ = 0, towards the
    joint regression of all models with which the paper finds its γ. The model's own games stay out of it, so that what
    it is to explain is not what it is made of. A model without a finite fit says nothing of difficulty; nan where no
    other model did. Positive is easier. With few other models it tells of the difficulty with noise, so it takes out
    only part of what length and difficulty share: in a simulation with a correlation of 0.5 between them and five other
    models, two fifths of the bias that a fit without it has.
    """
    _, code = np.unique(questions, return_inverse=True)
    count = int(code.max(initial=-1)) + 1
    cell = models * count + code
    shape = int(models.max(initial=-1)) + 1, count
    surprise, games = np.zeros(shape), np.zeros(shape)
    for model in range(shape[0]):
        own = models == model
        found = fit(_against_baseline(_squashed(differences[own], _spread(differences[own]))[:, None]), points[own])
        if found is not None:
            surprise[model] = np.bincount(code[own], found.residuals, count)
            games[model] = np.bincount(code[own], minlength=count)
    with np.errstate(invalid="ignore"):
        others = (surprise.sum(axis=0) - surprise) / (games.sum(axis=0) - games)
    return np.asarray(others.ravel()[cell])


def _against_baseline(features: Floats) -> Design:
    games = len(features)
    return Design(2, np.zeros(games, np.intp), np.ones(games, np.intp), features)


def _spread(differences: Floats) -> float:
    return float(differences.std(ddof=1)) if len(differences) > 1 else _UNKNOWN


def _squashed(differences: Floats, sd: float) -> Floats:
    """tanh(Δ / sd). Differences that are all alike tell nothing of length; they are given one value for all."""
    return np.tanh(differences / sd) if sd > 0 else np.sign(differences)


def _effect(found: PairLogit, column: int, moves: Floats, level: float) -> Estimate:
    contrast = np.zeros(len(found.parameters))
    contrast[2 + column] = 1
    return _estimate(found, contrast, float(found.parameters[2 + column]), moves @ contrast, level)


def _controlled(found: PairLogit, clusters: Codes, moves: Floats, level: float) -> Estimate:
    features = found.design.features.copy()
    features[:, 0] = 0
    alike = _against_baseline(features)
    chance = 1 / (1 + np.exp(-alike.logits(found.parameters)))
    value, games = float(chance.mean()), len(chance)
    slope = alike.sums(chance * (1 - chance)) / games
    with np.errstate(invalid="ignore"):  # one question: nothing is left without it
        of_questions = np.bincount(clusters, chance - value) / (games - np.bincount(clusters))
    per_logit = value * (1 - value)
    on_logits = _estimate(found, slope, np.log(value / (1 - value)), (moves @ slope + of_questions) / per_logit, level)
    low, middle, high = (float(1 / (1 + np.exp(-end))) for end in (on_logits.low, on_logits.value, on_logits.high))
    return Estimate(middle, low, high, on_logits.se * per_logit, on_logits.n, on_logits.clusters)


def _estimate(found: PairLogit, contrast: Floats, value: float, changes: Floats, level: float) -> Estimate:
    """`value` with the error from its `changes` (G,) without a question each."""
    size = len(found.residuals), len(changes)
    if not found.knows(contrast):
        return Estimate(_UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN, *size)
    se = float(np.sqrt((size[1] - 1) / size[1] * (changes @ changes))) if size[1] > 1 else _UNKNOWN
    reach = float(t_quantile((1 + level) / 2, size[1] - 1)) * se
    return Estimate(value, value - reach, value + reach, se, *size)


def _note(differences: Floats) -> str:
    low, high = float(differences.min()), float(differences.max())
    if low == high == 0:
        return "all answers were as long as the baseline's: there is no effect of length to see"
    if low == high:
        return "all differences in length are the same: the effect of length cannot be told from the model's"
    if low > 0 or high < 0:
        side = "longer" if low > 0 else "shorter"
        return f"the model's answer was always the {side}: the fit is carried on to an equal length, which was not seen"
    return ""


def _without_estimate(points: Floats, differences: Floats) -> tuple[str, float]:
    """Why there is no fit, and the controlled win rate that can be told without one."""
    if np.ptp(points) > 0:
        return "length and difficulty tell the wins from the losses without an error: no estimate is finite", _UNKNOWN
    result = f"the model {'won' if points[0] > 0 else 'lost'} every game"
    if differences.min() <= 0 <= differences.max():
        return f"{result}, whatever the length: the effect of length has no estimate", float(points[0])
    return f"{result}, and its answers were never as long as the baseline's: nothing can be told apart", _UNKNOWN
