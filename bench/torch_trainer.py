"""PyTorch's side of bench/versus_torch: the same network, batch, dropout and Adam, set up as is
fastest on a processor (channels_last, the fused Adam), in single precision. Imported in the
environment that scripts/peers makes."""
import gzip
import os
import statistics
import time

import numpy
import torch
import torch.nn.functional as F

FILTERS = {"tiny": (2, 4, 15, 0.0), "small": (8, 16, 256, 0.4), "tutorial": (32, 64, 1024, 0.4)}
BATCH = 100


def hold_to_one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(1)


def describe():
    return f"PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}"


def vectors():
    return torch.backends.cpu.get_cpu_capability()


def product_gflops(size=1024):
    """Of a matrix product in single precision, the best of some."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    best = float("inf")
    for _ in range(7):
        start = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best / 1e9


def read_images(folder):
    def idx(name, header):
        plain = os.path.join(folder, name)
        if os.path.exists(plain):
            with open(plain, "rb") as file:
                data = file.read()
        else:
            with gzip.open(plain + ".gz") as file:
                data = file.read()
        return numpy.frombuffer(data, numpy.uint8, offset=header)

    images = idx("train-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)[5000:25000]
    labels = idx("train-labels-idx1-ubyte", 8)[5000:25000]
    return torch.tensor(images / numpy.float32(255)), torch.tensor(labels.astype(numpy.int64))


class Network(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        first, second, units, self.dropout = FILTERS[model]
        self.conv1 = torch.nn.Conv2d(1, first, 5, padding=2)
        self.conv2 = torch.nn.Conv2d(first, second, 5, padding=2)
        self.dense1 = torch.nn.Linear(49 * second, units)
        self.dense2 = torch.nn.Linear(units, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.dense1(x.flatten(1)))
        if self.dropout > 0:
            x = F.dropout(x, self.dropout)
        return self.dense2(x)


class Trainer:
    def __init__(self, model, images, labels):
        self.network = Network(model).to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-3, fused=True)
        self.images = images.contiguous(memory_format=torch.channels_last)
        self.labels = labels
        self.at = 0

    def seconds_per_trial_step(self, steps):
        times = []
        for _ in range(steps):
            at = self.at % (len(self.images) - BATCH)
            self.at += BATCH
            start = time.perf_counter()
            self.optimizer.zero_grad()
            output = self.network(self.images[at:at + BATCH])
            F.cross_entropy(output, self.labels[at:at + BATCH]).backward()
            self.optimizer.step()
            times.append(time.perf_counter() - start)
        return statistics.median(times)
