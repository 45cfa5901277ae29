from rmt_utils.kappa import df1, df2, solve_kappa
from rmt_utils.spectrum import Spectrum
