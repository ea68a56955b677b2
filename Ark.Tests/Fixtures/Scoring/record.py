"""Records what scikit-learn says of small predictions, and DeLong's test by its definition: python3 record.py > scoring.json"""
import json
import math

import numpy as np
import scipy.stats
import sklearn
from sklearn import metrics

rng = np.random.default_rng(20)


def label(y, p, threshold):
    known = ~np.isnan(y)
    y, p = y[known].astype(int), p[known]
    if len(set(y)) < 2:
        return None
    c = p >= threshold
    return {
        "auroc": metrics.roc_auc_score(y, p), "average_precision": metrics.average_precision_score(y, p), "accuracy": metrics.accuracy_score(y, c),
        "mcc": metrics.matthews_corrcoef(y, c), "f1": metrics.f1_score(y, c, zero_division=0), "sensitivity": metrics.recall_score(y, c), "specificity": metrics.recall_score(y, c, pos_label=0)}


def multi_label(name, y, p, threshold):
    p = p.astype(np.float32)
    return {"name": name, "threshold": threshold, "y": [[None if math.isnan(v) else v for v in row] for row in y.tolist()], "p": p.tolist(),
            "labels": [label(y[:, k], p[:, k], np.float32(threshold)) for k in range(y.shape[1])]}


def multi_class(name, truth, p):
    p = p.astype(np.float32)
    called = p.argmax(1)
    y = np.eye(p.shape[1])[truth]
    labels = []
    for k in range(p.shape[1]):
        figures = label(y[:, k], p[:, k], 0.5)
        if figures:
            figures.update(accuracy=metrics.accuracy_score(y[:, k], called == k), mcc=metrics.matthews_corrcoef(y[:, k], called == k), f1=metrics.f1_score(y[:, k], called == k, zero_division=0),
                           sensitivity=metrics.recall_score(y[:, k], called == k), specificity=metrics.recall_score(y[:, k], called == k, pos_label=0))
        labels.append(figures)
    return {"name": name, "y": y.tolist(), "p": p.tolist(), "labels": labels, "accuracy": metrics.accuracy_score(truth, called), "mcc": metrics.matthews_corrcoef(truth, called),
            "f1": metrics.f1_score(truth, called, average="macro", zero_division=0)}


def placements(y, p):
    pos, neg = p[y == 1], p[y == 0]
    wins = (pos[:, None] > neg[None, :]) + 0.5 * (pos[:, None] == neg[None, :])
    return wins.mean(), wins.mean(1), wins.mean(0)


def delong(name, y, a, b):
    a, b = a.astype(np.float32), b.astype(np.float32)
    known = ~np.isnan(y)
    one, two = placements(y[known], a[known]), placements(y[known], b[known])
    cov = np.cov(one[1], two[1]) / len(one[1]) + np.cov(one[2], two[2]) / len(one[2])
    variance = cov[0, 0] + cov[1, 1] - 2 * cov[0, 1]
    z = (one[0] - two[0]) / math.sqrt(variance)
    return {"name": name, "y": [None if math.isnan(v) else v for v in y.tolist()], "a": a.tolist(), "b": b.tolist(), "first": one[0], "second": two[0],
            "standard_error": math.sqrt(variance), "z": z, "p": 2 * scipy.stats.norm.sf(abs(z))}


def drawn(n, k, rate=0.3, missing=0.0, informative=0.6):
    y = (rng.random((n, k)) < rate).astype(float)
    p = 1 / (1 + np.exp(-(informative * (4 * y - 2) + rng.normal(size=(n, k)))))
    y[rng.random((n, k)) < missing] = np.nan
    return y, p


def softmax(x):
    return np.exp(x) / np.exp(x).sum(1, keepdims=True)


cases = [multi_label("plain", *drawn(60, 3), 0.5), multi_label("missing", *drawn(60, 4, missing=0.3), 0.4), multi_label("rare", *drawn(80, 4, rate=0.05), 0.2)]
y, p = drawn(60, 3, missing=0.1)
cases.append(multi_label("ties", y, np.round(p, 1), 0.3))
y, p = drawn(40, 4)
y[:, 1], y[:, 2] = 1, 0
cases.append(multi_label("one class only", y, p, 0.5))
cases.append(multi_label("all equal", y, np.full_like(p, 0.5), 0.5))
cases.append(multi_label("none called", y, p * 0.5, 0.9))
truth = rng.integers(0, 3, 50)
cases.append(multi_class("three classes", truth, softmax(1.2 * np.eye(3)[truth] + rng.normal(size=(50, 3)))))
cases.append(multi_class("ties of classes", truth, np.round(softmax(1.2 * np.eye(3)[truth] + rng.normal(size=(50, 3))), 1)))
truth = np.array([0, 1] * 10)
cases.append(multi_class("absent class", truth, softmax(np.eye(4)[truth] + rng.normal(size=(20, 4)))))

comparisons = []
for name, n, missing, digits in (("plain", 60, 0, 9), ("missing", 60, 0.25, 9), ("ties", 80, 0.1, 1), ("few", 12, 0, 2)):
    y, a = drawn(n, 1, rate=0.4, missing=missing)
    b = 1 / (1 + np.exp(-(np.nan_to_num(y) * 1.5 + rng.normal(size=(n, 1)))))
    comparisons.append(delong(name, y[:, 0], np.round(a[:, 0], digits), np.round(0.5 * a[:, 0] + 0.5 * b[:, 0], digits)))

values = np.round(rng.normal(size=101), 6)
json.dump({"versions": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__}, "cases": cases, "comparisons": comparisons,
           "quantiles": {"values": values.tolist(), "interval": np.percentile(values, [2.5, 97.5]).tolist()}}, open("/dev/stdout", "w"), separators=(",", ":"))
