"""Networks: EDM preconditioning and sampler, UNet, DiT, resumable training. All but ``recipe`` need torch."""
