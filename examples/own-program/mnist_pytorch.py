"""A PyTorch script on MNIST as people have them: flags, a loop, printed lines. It knows nothing of sweetspot.

  sweetspot tune --command 'python3 mnist_pytorch.py --lr {learning_rate} --optimizer {optimizer}' \
      --optimizers sgd,adam --learning-rates 1e-5:1 --metric-pattern 'step (?<step>\\d+) accuracy (?<accuracy>[0-9.]+)' \
      --maximize accuracy --cost 20t --parallel 2
"""
import argparse
import gzip
import os
import struct
from pathlib import Path

import torch
from torch import nn


def read_idx(folder, name):
    path = Path(folder) / name
    with (gzip.open(f"{path}.gz") if not path.exists() else open(path, "rb")) as file:
        data = file.read()
    dimensions = data[3]
    shape = struct.unpack(f">{dimensions}I", data[4:4 + 4 * dimensions])
    return torch.frombuffer(bytearray(data[4 + 4 * dimensions:]), dtype=torch.uint8).reshape(shape)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--optimizer", choices=["sgd", "adam"], default="adam")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--data", default=os.path.expanduser("~/.cache/sweetspot/mnist"))
    arguments = parser.parse_args()

    torch.manual_seed(1)
    torch.set_num_threads(1)
    images = read_idx(arguments.data, "train-images-idx3-ubyte").float().div(255).flatten(1)
    labels = read_idx(arguments.data, "train-labels-idx1-ubyte").long()
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    rule = torch.optim.SGD if arguments.optimizer == "sgd" else torch.optim.Adam
    optimizer = rule(model.parameters(), lr=arguments.lr)
    for step in range(1, arguments.steps + 1):
        batch = torch.randint(5000, len(labels), (100,))
        loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 20 == 0:
            with torch.no_grad():
                correct = (model(images[:5000]).argmax(1) == labels[:5000]).float().mean()
            print(f"step {step} accuracy {correct:.4f} loss {loss:.4f}")


if __name__ == "__main__":
    main()
