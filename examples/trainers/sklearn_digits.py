"""A classifier of digits in scikit-learn: python sklearn_digits.py --seed 1

Prints its validation loss as JSON, which `runner check --run` reads.
"""

import argparse
import json
import warnings

from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import log_loss

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--images", type=int, default=1200)
arguments = parser.parse_args()

warnings.simplefilter("ignore")
images, digits = load_digits(return_X_y=True)
model = RandomForestClassifier(200, random_state=arguments.seed)
model.fit(images[: arguments.images], digits[: arguments.images])
loss = log_loss(digits[1200:], model.predict_proba(images[1200:]))
print(json.dumps({"experiment": "sklearn_digits", "seed": arguments.seed, "valid_loss": loss}))
