"""The same training with three lines more: it reports, saves, and goes on from what it saved, so that halving
and population-based training can pause it and copy it.

  sweetspot tune --command 'python3 mnist_checkpoints.py --lr {learning_rate}' --learning-rates 1e-5:1 \
      --maximize accuracy --method pbt --population 4 --budget 200 --check-every 10 --ready 50 --cost 4x \
      --parallel 2
"""
import argparse
import os
import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
import sweetspot
from mnist_pytorch import read_idx


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--data", default=os.path.expanduser("~/.cache/sweetspot/mnist"))
    arguments = parser.parse_args()

    torch.manual_seed(sweetspot.seed(1))
    torch.set_num_threads(1)
    images = read_idx(arguments.data, "train-images-idx3-ubyte").float().div(255).flatten(1)
    labels = read_idx(arguments.data, "train-labels-idx1-ubyte").long()
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=arguments.lr)

    def accuracy():
        with torch.no_grad():
            return float((model(images[:5000]).argmax(1) == labels[:5000]).float().mean())

    start = 0
    if sweetspot.resume_dir():
        state = torch.load(f"{sweetspot.resume_dir()}/state.pt")
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        start = state["step"]
        sweetspot.report(start, accuracy=accuracy())  # it may have been lost with a sweetspot that was killed
    for group in optimizer.param_groups:
        group["lr"] = arguments.lr  # a copied state brings another trial's
    for step in range(start + 1, sweetspot.steps(200) + 1):
        batch = torch.randint(5000, len(labels), (100,))
        loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            if sweetspot.checkpoint_dir():
                torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step},
                           f"{sweetspot.checkpoint_dir()}/state.pt")
            sweetspot.report(step, accuracy=accuracy(), loss=float(loss))
            if sweetspot.should_stop():
                break


if __name__ == "__main__":
    main()
