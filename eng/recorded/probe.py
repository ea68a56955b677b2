"""Records logistic regressions by scikit-learn: python3 eng/recorded/probe.py > Ark.Tests/Fixtures/probe/scikit_learn.json

A penalty is the weight of half the squared norm beside the mean loss: scikit-learn's C is 1 / (images x penalty).
"""
import json
import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler


def optimum(features, classes, penalty):
    """The optimum of a multinomial regression by Newton's method on the whole Hessian; scikit-learn's own solvers stop before it."""
    count, width = features.shape
    inputs = np.hstack([features, np.ones((count, 1))])
    truth = np.eye(classes.max() + 1)[classes]
    ridge = np.full(width + 1, penalty)
    ridge[-1] = 0
    weight = np.zeros((truth.shape[1], width + 1))
    for _ in range(200):
        logits = inputs @ weight.T
        logits -= logits.max(1, keepdims=True)
        p = np.exp(logits)
        p /= p.sum(1, keepdims=True)
        gradient = (p - truth).T @ inputs / count + weight * ridge
        if np.abs(gradient).max() < 1e-13:
            break
        curvature = np.einsum("nk,kj->nkj", p, np.eye(p.shape[1])) - np.einsum("nk,nj->nkj", p, p)
        hessian = np.einsum("nkj,na,nb->kajb", curvature, inputs, inputs, optimize=True) / count
        hessian = hessian.reshape(weight.size, weight.size) + np.diag(np.tile(ridge, len(weight)))
        weight -= np.linalg.lstsq(hessian, gradient.ravel(), rcond=1e-14)[0].reshape(weight.shape)
    assert np.abs(gradient).max() < 1e-12, np.abs(gradient).max()
    return weight[:, :-1], weight[:, -1] - weight[:, -1].mean()


def fit(features, targets, penalty, solver):
    model = LogisticRegression(C=1 / (len(features) * penalty), solver=solver, tol=1e-13, max_iter=100_000)
    model.fit(features, targets)
    return model.coef_, model.intercept_ - (model.intercept_.mean() if len(model.intercept_) > 1 else 0)


def case(features, binary, classes, penalty):
    scaled = StandardScaler().fit_transform(features.astype(np.float64))
    coefficients, intercept = fit(scaled, binary, penalty, "newton-cholesky")
    several, intercepts = optimum(scaled, classes, penalty)
    # Where scikit-learn comes near enough, both are the same.
    assert penalty < 1e-3 or np.abs(fit(scaled, classes, penalty, "lbfgs")[0] - several).max() < 1e-3
    return {"penalty": penalty, "binary_coef": coefficients.ravel().tolist(), "binary_intercept": intercept.tolist(),
            "classes_coef": several.ravel().tolist(), "classes_intercept": intercepts.tolist()}


def table(count, width, penalties, seed):
    random = np.random.default_rng(seed)
    features = np.round(random.normal(0, 1, (count, width)) * random.uniform(0.5, 3, width) + random.uniform(-2, 2, width), 4).astype(np.float32)
    binary = (features[:, 0] + random.normal(0, 2, count) > features[:, 0].mean()).astype(int)
    classes = np.argmax(features[:, :3] + random.normal(0, 2, (count, 3)), axis=1)
    return {"width": width, "features": [float(f"{v:.4f}") for v in features.ravel()], "binary": binary.tolist(), "classes": classes.tolist(),
            "cases": [case(features, binary, classes, p) for p in penalties]}


print(json.dumps({"scikit_learn": sklearn.__version__,
                  "tables": [table(60, 5, [1e-3, 1e-2, 1e-1], 1), table(16, 192, [1e-5, 1e-3, 10], 2)]}))
