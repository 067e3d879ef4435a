"""Write tests/data/nn_torch.json: what PyTorch computes for losses, optimizers and schedules.

Run with PyTorch installed: python scripts/make_nn_reference.py. The tests of `nn` compare with
the stored numbers everywhere, and with PyTorch itself where it is installed.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "tests" / "data" / "nn_torch.json"


def reference() -> dict[str, Any]:
    """Every case with its result; the same on every run."""
    import torch

    rng = random.Random(20)
    return {
        "torch": torch.__version__,
        "losses": _losses(rng),
        "optimizers": _optimizers(rng),
        "schedules": _schedules(),
        "clipping": _clipping(rng),
        "class_losses": _class_losses(random.Random(21)),
        "chained": _chained(),
        "initial_bounds": _initial_bounds(),
    }


def _losses(rng: random.Random) -> list[dict[str, Any]]:
    import torch
    from torch.nn import functional

    ours = {
        "mse": functional.mse_loss,
        "l1": functional.l1_loss,
        "huber": functional.huber_loss,
        "binary_cross_entropy": functional.binary_cross_entropy,
        "binary_cross_entropy_with_logits": functional.binary_cross_entropy_with_logits,
        "cross_entropy": functional.cross_entropy,
        "nll": functional.nll_loss,
    }
    arguments: dict[str, list[dict[str, Any]]] = {
        "huber": [{}, {"delta": 0.5}, {"delta": 3.0}],
        "cross_entropy": [{}, {"label_smoothing": 0.1}],
    }
    cases = []
    for name, function in ours.items():
        for extra in arguments.get(name, [{}]):
            for reduction in ("mean", "sum", "none"):
                for targets_as in _target_kinds(name):
                    predictions, targets = _example(rng, name, targets_as)
                    x = torch.tensor(predictions, dtype=torch.float64, requires_grad=True)
                    whole = targets_as == "classes"
                    t = torch.tensor(targets, dtype=torch.int64 if whole else torch.float64)
                    loss = function(x, t, reduction=reduction, **extra)
                    loss.sum().backward()
                    cases.append(
                        {
                            "name": name,
                            "arguments": {"reduction": reduction, **extra},
                            "predictions": predictions,
                            "targets": targets,
                            "loss": loss.tolist(),
                            "gradient": x.grad.tolist(),
                        }
                    )
    return cases


def _target_kinds(name: str) -> tuple[str, ...]:
    if name == "cross_entropy":
        return ("classes", "probabilities")
    return ("classes",) if name == "nll" else ("numbers",)


def _example(rng: random.Random, name: str, targets_as: str) -> tuple[Any, Any]:
    if name in ("cross_entropy", "nll"):
        rows = [[rng.gauss(0, 2) for _ in range(4)] for _ in range(5)]
        if targets_as == "classes":
            return rows, [rng.randrange(4) for _ in rows]
        weights = [[rng.random() for _ in range(4)] for _ in rows]
        return rows, [[w / sum(ws) for w in ws] for ws in weights]
    if name == "binary_cross_entropy":
        return [rng.uniform(0.01, 0.99) for _ in range(6)], [0.0, 1.0, 1.0, 0.25, 0.0, 0.9]
    if name == "binary_cross_entropy_with_logits":
        return [rng.gauss(0, 3) for _ in range(6)], [0.0, 1.0, 1.0, 0.25, 0.0, 0.9]
    return ([[rng.gauss(0, 2) for _ in range(2)] for _ in range(4)] for _ in range(2))  # type: ignore[return-value]  # a pair of matrices


def _optimizers(rng: random.Random) -> list[dict[str, Any]]:
    import torch

    settings: list[tuple[str, dict[str, Any]]] = [
        ("SGD", {}),
        ("SGD", {"lr": 0.1, "momentum": 0.9}),
        ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.01}),
        ("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True}),
        ("SGD", {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
        ("Adam", {}),
        ("Adam", {"lr": 0.1, "betas": [0.8, 0.95], "eps": 1e-6, "weight_decay": 0.1}),
        ("Adam", {"lr": 0.1, "amsgrad": True}),
        ("Adam", {"maximize": True}),
        ("AdamW", {}),
        ("AdamW", {"lr": 0.1, "weight_decay": 0.2, "amsgrad": True}),
        ("RMSprop", {}),
        ("RMSprop", {"lr": 0.1, "alpha": 0.9, "momentum": 0.5, "centered": True}),
        ("RMSprop", {"lr": 0.05, "weight_decay": 0.1, "maximize": True}),
        ("AdamW", {"lr": 0.1, "maximize": True}),
    ]
    cases = []
    for name, arguments in settings:
        start = [rng.gauss(0, 1) for _ in range(3)]
        # Late gradients small: amsgrad then differs from Adam.
        gradients = [[rng.gauss(0, 1) * 0.9**step for _ in start] for step in range(50)]
        parameter = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        optimizer = getattr(torch.optim, name)([parameter], **arguments)
        path = []
        for gradient in gradients:
            parameter.grad = torch.tensor(gradient, dtype=torch.float64)
            optimizer.step()
            path.append(parameter.tolist())
        cases.append(
            {
                "name": name,
                "arguments": arguments,
                "start": start,
                "gradients": gradients,
                "path": path,
            }
        )
    return cases


def _schedules() -> list[dict[str, Any]]:
    import torch

    settings: list[tuple[str, dict[str, Any]]] = [
        ("StepLR", {"step_size": 3}),
        ("StepLR", {"step_size": 2, "gamma": 0.5}),
        ("MultiStepLR", {"milestones": [2, 5, 5, 9], "gamma": 0.3}),
        ("ExponentialLR", {"gamma": 0.9}),
        ("LinearLR", {}),
        ("LinearLR", {"start_factor": 0.25, "end_factor": 0.75, "total_iters": 7}),
        ("CosineAnnealingLR", {"T_max": 8, "eta_min": 0.001}),
    ]
    cases = []
    for name, arguments in settings:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
        schedule = getattr(torch.optim.lr_scheduler, name)(optimizer, **arguments)
        rates = [optimizer.param_groups[0]["lr"]]
        for _ in range(50):
            optimizer.step()
            schedule.step()
            rates.append(float(optimizer.param_groups[0]["lr"]))
        cases.append({"name": name, "arguments": arguments, "lr": 0.4, "rates": rates})
    return cases


def _chained() -> list[dict[str, Any]]:
    """Several schedules on one optimizer, together or one after the other, over 50 epochs."""
    import torch

    warm_up = ["LinearLR", {"start_factor": 0.1, "total_iters": 5}]
    cosine = ["CosineAnnealingLR", {"T_max": 20, "eta_min": 0.001}]
    step = ["StepLR", {"step_size": 7, "gamma": 0.5}]
    settings: list[tuple[list[Any], list[int] | None]] = [
        ([warm_up, cosine], [5]),
        ([warm_up, cosine, ["ExponentialLR", {"gamma": 0.9}]], [5, 25]),
        ([step, ["MultiStepLR", {"milestones": [0, 3, 30], "gamma": 0.3}]], [10]),
        ([["ExponentialLR", {"gamma": 0.95}], step], None),
        ([warm_up, cosine], None),
        ([cosine, ["LinearLR", {"start_factor": 0.5, "end_factor": 0.25}], step], None),
        ([["MultiStepLR", {"milestones": [0, 3, 3, 30], "gamma": 0.3}], warm_up], None),
    ]
    cases = []
    for members, milestones in settings:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
        schedules = [getattr(torch.optim.lr_scheduler, n)(optimizer, **a) for n, a in members]
        if milestones is not None:
            schedules = [torch.optim.lr_scheduler.SequentialLR(optimizer, schedules, milestones)]
        rates = [float(optimizer.param_groups[0]["lr"])]
        for _ in range(50):
            optimizer.step()
            for schedule in schedules:
                schedule.step()
            rates.append(float(optimizer.param_groups[0]["lr"]))
        cases.append({"members": members, "milestones": milestones, "lr": 0.4, "rates": rates})
    return cases


def _class_losses(rng: random.Random) -> list[dict[str, Any]]:
    """Class weights, ignored targets, smoothing and pos_weight, in every combination."""
    import itertools

    import torch
    from torch.nn import functional

    cases = []
    for name, reduction, smoothing, weighted, ignored in itertools.product(
        ("cross_entropy", "nll", "soft", "binary_cross_entropy_with_logits"),
        ("mean", "sum", "none"), (0.0, 0.2), (False, True), (-100, 1),
    ):  # fmt: skip
        binary = name.startswith("binary")
        if (smoothing and (binary or name == "nll")) or (
            ignored == 1 and (binary or name == "soft")
        ):
            continue
        rows = [[rng.gauss(0, 2) for _ in range(3)] for _ in range(4)]
        numbers = [rng.uniform(0.2, 3.0) for _ in range(3)]
        targets: Any = [2, 1, 0, 0] if ignored == 1 else [2, -100, 1, 0]
        if binary:
            targets = [[rng.random() for _ in row] for row in rows]
        elif name == "soft":
            targets = [
                [w / sum(ws) for w in ws] for ws in ([rng.random() for _ in row] for row in rows)
            ]
        arguments: dict[str, Any] = {"reduction": reduction}
        if weighted:
            arguments["pos_weight" if binary else "weight"] = numbers
        if smoothing:
            arguments["label_smoothing"] = smoothing
        if ignored == 1:
            arguments["ignore_index"] = 1
        function = {
            "nll": functional.nll_loss,
            "binary_cross_entropy_with_logits": functional.binary_cross_entropy_with_logits,
        }.get(name, functional.cross_entropy)
        x = torch.tensor(rows, dtype=torch.float64, requires_grad=True)
        whole = isinstance(targets[0], int)
        t = torch.tensor(targets, dtype=torch.int64 if whole else torch.float64)
        given = {k: torch.tensor(v, dtype=torch.float64) if k.endswith("weight") else v
                 for k, v in arguments.items()}  # fmt: skip
        loss = function(x, t, **given)
        loss.sum().backward()
        cases.append({
            "name": "cross_entropy" if name == "soft" else name, "arguments": arguments,
            "predictions": rows, "targets": targets, "loss": loss.tolist(),
            "gradient": x.grad.tolist(),
        })  # fmt: skip
    return cases


def _clipping(rng: random.Random) -> list[dict[str, Any]]:
    import torch

    cases = []
    for max_norm, norm_type in ((1.0, 2.0), (100.0, 2.0), (1.0, 1.0), (1.0, "inf"), (2.0, 3.0),
                                (1.0, "-inf"), (1.0, 0.0), (0.5, 0.5)):  # fmt: skip
        gradients = [rng.gauss(0, 3) for _ in range(5)]
        # One tensor for each number, as here: the norm 0 of a single tensor is counted as one.
        parameters = [torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in gradients]
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm, float(norm_type))
        cases.append(
            {
                "gradients": gradients,
                "max_norm": max_norm,
                "norm_type": norm_type,
                "norm": float(norm),
                "clipped": [float(parameter.grad) for parameter in parameters],
            }
        )
    return cases


def _initial_bounds() -> list[dict[str, Any]]:
    """Standard deviations and bounds that torch.nn.init uses for a layer 6 -> 4."""
    import torch

    cases = []
    for name, arguments in (
        ("xavier_uniform", {}),
        ("xavier_uniform", {"gain": 2.0}),
        ("kaiming_uniform", {"nonlinearity": "relu"}),
        ("kaiming_uniform", {"a": 0.2, "mode": "fan_out"}),
    ):
        weight = torch.empty(4, 6, dtype=torch.float64)
        # The largest of many draws shows the bound from below.
        torch.manual_seed(0)
        function = getattr(torch.nn.init, name + "_")
        largest = max(float(function(weight, **arguments).abs().max()) for _ in range(300))
        cases.append({"name": name, "arguments": arguments, "largest": largest})
    return cases


if __name__ == "__main__":
    TARGET.write_text(json.dumps(reference(), indent=1) + "\n", encoding="utf-8")
