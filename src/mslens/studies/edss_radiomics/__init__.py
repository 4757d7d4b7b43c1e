"""Study `edss-radiomics`: disability from radiomics, volumes, disconnection and the clinic.

Pontillo et al., AJNR 2021, doi 10.3174/ajnr.A7274, as published and as it should be judged.
"""
