"""A model without steps: gradient-boosted stumps on a made-up table, standard library alone. It knows nothing
of sweetspot; it prints one line at its end.

  sweetspot tune --command 'python3 boosted_stumps.py --shrinkage {shrinkage} --trees {trees}' \
      --space boosted_stumps.toml --metric-pattern 'validation error (?<error>[0-9.]+)' --minimize error
"""
import argparse
import math
import random


def table(rows, seed):
    chance = random.Random(seed)
    points = [[chance.uniform(-2, 2) for _ in range(3)] for _ in range(rows)]
    values = [math.sin(2 * x) + (1 if y > 0.5 else 0) + chance.gauss(0, 0.3) for x, y, _ in points]
    return points, values


def best_stump(points, residuals):
    best = None
    for feature in range(len(points[0])):
        order = sorted(range(len(points)), key=lambda i: points[i][feature])
        total, left = sum(residuals), 0.0
        for count, i in enumerate(order[:-1], 1):
            left += residuals[i]
            gain = left * left / count + (total - left) ** 2 / (len(order) - count)
            if best is None or gain > best[0]:
                threshold = (points[i][feature] + points[order[count]][feature]) / 2
                best = gain, feature, threshold, left / count, (total - left) / (len(order) - count)
    return best[1:]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shrinkage", type=float, default=0.1)
    parser.add_argument("--trees", type=int, default=50)
    arguments = parser.parse_args()
    points, values = table(150, 1)
    held_out, truth = table(300, 2)
    fitted, predicted = [0.0] * len(points), [0.0] * len(held_out)
    for _ in range(arguments.trees):
        residuals = [value - fit for value, fit in zip(values, fitted)]
        feature, threshold, low, high = best_stump(points, residuals)
        for rows, sums in ((points, fitted), (held_out, predicted)):
            for i, row in enumerate(rows):
                sums[i] += arguments.shrinkage * (low if row[feature] <= threshold else high)
    error = math.sqrt(sum((t - p) ** 2 for t, p in zip(truth, predicted)) / len(truth))
    print(f"done: validation error {error:.4f}")


main()
