"""50 steps of each optimizer, ours against PyTorch in double precision: the same network, weights,
batches and rules must give the same weights.

    torch_test.py DUMP_TRAINING
Exits with 77 (skipped) where PyTorch is not installed.
"""
import subprocess
import sys
import tempfile

try:
    import numpy
    import torch
    import torch.nn.functional as F
except ImportError:
    print("skipped: python3-torch is not installed")
    sys.exit(77)

BATCH = 50
CASES = {
    "gd": (0.05, lambda p, lr: torch.optim.SGD(p, lr)),
    "momentum": (0.03, lambda p, lr: torch.optim.SGD(p, lr, momentum=0.5)),
    "adagrad": (0.01, lambda p, lr: torch.optim.Adagrad(p, lr)),
    "adadelta": (0.5, lambda p, lr: torch.optim.Adadelta(p, lr)),
    "rmsprop": (1e-3, lambda p, lr: torch.optim.RMSprop(p, lr)),
    "adam": (2e-3, lambda p, lr: torch.optim.Adam(p, lr)),
    "nesterov": (0.01, lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9, nesterov=True)),
    "adamw": (2e-3, lambda p, lr: torch.optim.AdamW(p, lr)),
    "amsgrad": (2e-3, lambda p, lr: torch.optim.Adam(p, lr, amsgrad=True)),
    # PyTorch 1.13's plain loop counts mu_t twice in the product of the momenta; its foreach does not.
    "nadam": (2e-3, lambda p, lr: torch.optim.NAdam(p, lr, foreach=True)),
}


def tensors(flat):
    """Canonical order into PyTorch's shapes: kernels are [ky][kx][channel][filter], the dense layer
    behind the convolutions takes [y][x][channel]."""
    at = 0

    def take(*shape):
        nonlocal at
        size = int(numpy.prod(shape))
        part = flat[at:at + size].reshape(shape)
        at += size
        return part

    kernel1, bias1 = take(5, 5, 1, 2), take(2)
    kernel2, bias2 = take(5, 5, 2, 4), take(4)
    dense1, dense_bias1 = take(7, 7, 4, 15), take(15)
    dense2, dense_bias2 = take(15, 10), take(10)
    assert at == len(flat)
    parts = [kernel1.transpose(3, 2, 0, 1), bias1, kernel2.transpose(3, 2, 0, 1), bias2,
             dense1.transpose(3, 2, 0, 1).reshape(15, -1), dense_bias1, dense2.T, dense_bias2]
    return [torch.tensor(part.astype(numpy.float64)) for part in parts]


def loss_of(p, images, labels):
    x = F.max_pool2d(F.relu(F.conv2d(images, p[0], p[1], padding=2)), 2)
    x = F.max_pool2d(F.relu(F.conv2d(x, p[2], p[3], padding=2)), 2)
    x = F.relu(F.linear(x.flatten(1), p[4], p[5]))
    return F.cross_entropy(F.linear(x, p[6], p[7]), labels)


def main():
    torch.set_num_threads(1)
    worst = 0
    for name, (rate, make) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.argv[1], folder, name, str(rate)], check=True)

            def read(file, kind):
                return numpy.fromfile(f"{folder}/{file}", kind)

            images = torch.tensor(read("pixels.u8", numpy.uint8).reshape(-1, 1, 28, 28) / 255.0)
            labels = torch.tensor(read("labels.u8", numpy.uint8).astype(numpy.int64))
            batches = read("batches.u32", numpy.uint32).reshape(-1, BATCH).astype(numpy.int64)
            parameters = [p.requires_grad_() for p in tensors(read("initial.f32", numpy.float32))]
            optimizer = make(parameters, rate)
            losses = []
            for batch in batches:
                optimizer.zero_grad()
                loss = loss_of(parameters, images[batch], labels[batch])
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            ours = tensors(read("final.f32", numpy.float32))
            difference = sum(float(((a - b) ** 2).sum()) for a, b in zip(ours, parameters))
            norm = sum(float((p ** 2).sum()) for p in parameters)
            relative = (difference / norm) ** 0.5
            loss_gap = float(numpy.abs(numpy.array(losses) - read("losses.f64", numpy.float64)).max())
            print(f"{name:<9} relative distance of all weights {relative:.2e}, "
                  f"largest loss difference {loss_gap:.2e}, loss {losses[0]:.3f} -> {losses[-1]:.3f}")
            worst = max(worst, relative)
    sys.exit(0 if worst < 1e-4 else 1)


main()
