"""One look for every figure of the book and of the reports."""

from importlib import resources

STYLE = str(resources.files("rmt_utils") / "style.mplstyle")
# Fixed meaning of colours, readable with any colour vision (Okabe and Ito 2008).
SPLIT_1, SPLIT_2, THEORY, NAIVE = "#0072B2", "#D55E00", "#000000", "#999999"
CONTROL, POPULATION = "#009E73", "#CC79A7"
SERIES = ("#332288", "#0072B2", "#009E73", "#E69F00", "#D55E00", "#882255")
# the laws for linear models of real images, by what they know of the images
LAWS = {
    "published": {"color": NAIVE, "ls": ":"},
    "Gaussian": {"color": NAIVE, "ls": "--"},
    "one scale": {"color": SERIES[3], "ls": "-."},
    "population": {"color": THEORY, "ls": "-"},
}
