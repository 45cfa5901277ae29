"""The engine without the Gaussian assumption: samples of the population take the place of its spectrum."""
