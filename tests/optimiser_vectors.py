"""Writes tests/vectors/optimisers.json: weights under PyTorch's optimisers, in double precision.

Two tensors, the first with a gradient in every step, the second in some; `skip` leaves the other gradients absent,
`zero` makes them zero. The TensorFlow form of RMSprop is spelt out, because PyTorch has none.

    pip install torch==2.13.0 numpy && python3 tests/optimiser_vectors.py
"""

import json
import math
import pathlib

import torch

STEPS = 7
TOUCHED = [1, 2, 4, 6]  # the steps, from 0, in which the second tensor has a gradient
WRITTEN = [0, 3, 6]  # the steps after which the weights are written down


class TensorFlowRMSprop(torch.optim.Optimizer):
    def __init__(self, groups, smoothing, momentum, eps, centred):
        super().__init__(groups, dict(lr=0.0, weight_decay=0.0))
        self.smoothing, self.momentum, self.eps, self.centred = smoothing, momentum, eps, centred

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(square=torch.ones_like(p), mean=torch.zeros_like(p), moved=torch.zeros_like(p))
                g = p.grad + group["weight_decay"] * p
                state["square"] += (1 - self.smoothing) * (g * g - state["square"])
                state["mean"] += (1 - self.smoothing) * (g - state["mean"])
                inner = state["square"] - (state["mean"] ** 2 if self.centred else 0.0) + self.eps
                state["moved"] = self.momentum * state["moved"] + group["lr"] * g / torch.sqrt(inner)
                p -= state["moved"]


def optimiser(rule, groups):
    (name, numbers), = rule.items()
    if name == "sgd":
        return torch.optim.SGD(groups, lr=0.1, foreach=False, **numbers)
    if name in ("adam", "adamw"):
        kind = torch.optim.Adam if name == "adam" else torch.optim.AdamW
        return kind(groups, lr=0.1, foreach=False, **numbers)
    smoothing, centred, tensorflow = numbers["smoothing"], numbers["centred"], numbers["tensorflow"]
    rest = dict(momentum=numbers["momentum"], eps=numbers["eps"])
    if tensorflow:
        return TensorFlowRMSprop(groups, smoothing=smoothing, centred=centred, **rest)
    return torch.optim.RMSprop(groups, lr=0.1, alpha=smoothing, centered=centred, foreach=False, **rest)


def fill(count, a, b):
    return torch.tensor([math.sin(a * k + b) for k in range(count)], dtype=torch.float64)


def case(rule, untouched, groups):
    tensors = [fill(6, 0.7, 0.3).view(2, 3).requires_grad_(), fill(4, 1.1, 0.2).requires_grad_()]
    steps = optimiser(rule, [dict(params=[t], weight_decay=g["weight_decay"]) for t, g in zip(tensors, groups)])
    rates, weights = [], []
    for step in range(STEPS):
        rate = 0.1 / (1 + step)
        for slot, group in zip(steps.param_groups, groups):
            slot["lr"] = rate * group["lr_scale"]
        for number, tensor in enumerate(tensors):
            touched = number == 0 or step in TOUCHED
            gradient = fill(tensor.numel(), 0.5, 0.9 * step + number).view_as(tensor)
            tensor.grad = gradient if touched else (torch.zeros_like(tensor) if untouched == "zero" else None)
        steps.step()
        rates.append(rate)
        if step in WRITTEN:
            weights.append([tensor.detach().flatten().tolist() for tensor in tensors])
    return dict(rule=rule, untouched=untouched, groups=groups, rates=rates, weights=weights)


def main():
    plain = [dict(lr_scale=1.0, weight_decay=0.0)] * 2
    decayed = [dict(lr_scale=1.0, weight_decay=0.05), dict(lr_scale=0.5, weight_decay=0.02)]
    rmsprop = [
        dict(smoothing=0.9, momentum=momentum, eps=1e-3, centred=centred, tensorflow=tensorflow)
        for momentum in (0.0, 0.9) for centred in (False, True) for tensorflow in (False, True)
    ]
    rules = [
        dict(sgd=dict(momentum=0.0, nesterov=False)),
        dict(sgd=dict(momentum=0.9, nesterov=False)),
        dict(sgd=dict(momentum=0.9, nesterov=True)),
        dict(adam=dict(betas=[0.9, 0.999], eps=1e-8)),
        dict(adam=dict(betas=[0.5, 0.99], eps=1e-3)),
        dict(adamw=dict(betas=[0.9, 0.999], eps=1e-8)),
        *(dict(rmsprop=numbers) for numbers in rmsprop),
    ]
    cases = [
        case(rule, untouched, groups)
        for rule in rules for untouched in ("skip", "zero") for groups in (plain, decayed)
    ]
    vectors = dict(
        _note="weights[i][tensor] stand after step written[i], steps from 0; tensor 0 is 2x3 from sin(0.7 k + 0.3), "
        "tensor 1 has 4 from sin(1.1 k + 0.2); the "
        "gradient of element k in step s is sin(0.5 k + 0.9 s + tensor); tensor 1 has one in the touched steps alone",
        torch=torch.__version__,
        touched=TOUCHED,
        written=WRITTEN,
        cases=cases,
    )
    path = pathlib.Path(__file__).parent / "vectors" / "optimisers.json"
    text = ",\n".join(json.dumps(case) for case in cases)
    head = json.dumps({key: value for key, value in vectors.items() if key != "cases"})
    path.write_text(head[:-1] + ', "cases": [\n' + text + "\n]}\n")


main()
