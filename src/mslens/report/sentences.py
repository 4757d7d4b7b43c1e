"""One sentence per step and method, with its papers: what the methods paragraph is built from.

A detail such as ``"shrink factor {shrink_factor}"`` is written only where the setting or fact of
that name is known, so a sentence never claims a value that was not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sentence:
    """What a method does.

    Parameters
    ----------
    text : str
        Without the full stop.
    details : tuple of str
        Format strings over settings and facts, put in brackets behind the text.
    references : tuple of str
        Keys of `mslens.report.references.REFERENCES`.
    """

    text: str
    details: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


#: Key of the sentence that stands for a step whatever its method, and without one.
ANY = ""

_TEMPLATE = "the skull-stripped, symmetric ICBM152 2009a template"
_SEED = "seed {seed}"
_N4_DETAILS = (
    "estimated at {working_voxel_size_mm} mm",
    "knots {knot_distance_mm} mm apart at the first level",
    "at most {iterations} iterations",
    "convergence tolerance {tolerance}",
)

_UNIFORM = "The background noise of the MP2RAGE's uniform image was removed"

SENTENCES: Mapping[str, Mapping[str, Sentence]] = {
    "uniform": {
        ANY: Sentence(
            f"{_UNIFORM} by the robust combination of its inversions, and it served as T1w",
            ("noise factor {noise_factor}",),
            ("obrien2014mp2rage",),
        ),
        "texture": Sentence(
            f"{_UNIFORM} where it is rough, as its inversions were not there, and it served as T1w",
            (),
            ("obrien2014mp2rage",),
        ),
    },
    "brain-mask": {
        ANY: Sentence(
            f"The brain was extracted by registering {_TEMPLATE} to the image (affine by"
            " normalised mutual information, then deformable) and by a globally optimal surface"
            " near the template's",
            (_SEED,),
            ("fonov2011mni", "studholme1999nmi", "chan2006surface", "chambolle2011primaldual"),
        ),
        "user": Sentence("The brain mask was brought by the user"),
        "skull-stripped": Sentence(
            "The input had been skull-stripped before, so its support was taken as the brain mask"
        ),
        "hd-bet": Sentence("The brain was extracted with HD-BET", (), ("isensee2019hdbet",)),
        "synthstrip": Sentence(
            "The brain was extracted with SynthStrip", (), ("hoopes2022synthstrip",)
        ),
    },
    "bias": {
        ANY: Sentence(
            "Intensity non-uniformity was corrected with N4 inside the brain mask",
            _N4_DETAILS,
            ("tustison2010n4",),
        ),
        "simpleitk": Sentence(
            "Intensity non-uniformity was corrected with N4 (SimpleITK) inside the brain mask",
            _N4_DETAILS,
            ("tustison2010n4", "lowekamp2013simpleitk"),
        ),
    },
    "coregister-FLAIR": {
        ANY: Sentence(
            "The FLAIR was aligned to the T1w by a rigid registration that maximises normalised"
            " mutual information, coarse to fine and from several starts",
            (_SEED,),
            ("studholme1999nmi", "pluim2000artefacts"),
        ),
    },
    "coregister-T2w": {
        ANY: Sentence(
            "The T2w was aligned to the reference image by a rigid registration that maximises"
            " normalised mutual information, coarse to fine and from several starts",
            (_SEED,),
            ("studholme1999nmi", "pluim2000artefacts"),
        ),
    },
    "lesions": {
        ANY: Sentence(
            "Lesions were segmented by a trained model: boosted trees over contrasts, surroundings"
            " and place of each voxel, a second stage that sees the first one's opinion of the"
            " surroundings, and a calibrated probability; one of its features is a mixture model of"
            " the intensities in which lesions are outliers of white matter",
            ("below {min_volume_mm3} mm³ dropped",),
            ("vanleemput2001lesions", "cerri2021samseg"),
        ),
        "unsupervised mixture with lesions as outliers of white matter (fallback)": Sentence(
            "Lesions were segmented by the unsupervised fallback, a mixture model of the"
            " intensities in which lesions are outliers of white matter that are bright on FLAIR;"
            " it was not trained on lesions",
            (
                "grown down to a score of {grow_score} from a score of {seed_score}",
                "below {min_volume_mm3} mm³ dropped",
            ),
            ("vanleemput2001lesions", "cerri2021samseg"),
        ),
    },
    "import-lesions": {ANY: Sentence("The lesion mask was brought by the user")},
    "fill": {
        ANY: Sentence(
            "Lesions were filled with intensities of nearby normal-appearing white matter before"
            " registration and tissue segmentation",
            (_SEED,),
            ("chard2010filling", "battaglini2012filling"),
        ),
    },
    "normalise": {
        ANY: Sentence(
            f"The reference image was registered to {_TEMPLATE}, affine by normalised mutual"
            " information, then by a smooth and a detailed deformation in greedy compositional"
            " steps up the squared local correlation, lesions left out of the cost",
            (_SEED,),
            (
                "fonov2011mni",
                "studholme1999nmi",
                "joshi2004atlas",
                "avants2008syn",
                "yushkevich2016greedy",
            ),
        ),
    },
    "tissue": {
        ANY: Sentence(
            "Cerebrospinal fluid, grey and white matter were segmented by a Gaussian mixture with"
            " template priors, a polynomial for the remaining bias and a Markov random field,"
            " lesions masked, and voxels of two tissues divided by their intensity",
            ("field strength {mrf_strength}", "{iterations} iterations"),
            ("ashburner2005unified", "vanleemput1999em", "zhang2001hmrf", "shattuck2001pve"),
        ),
    },
    "parcels": {
        ANY: Sentence(
            "Regions come from the built-in map, made from grey matter priors and stated geometry"
            " in template space: it is approximate and not the AAL atlas",
        ),
    },
    "import-parcels": {
        ANY: Sentence("The parcellation was brought by the user"),
        "freesurfer": Sentence(
            "A parcellation of the FreeSurfer family was brought by the user",
            (),
            ("fischl2012freesurfer",),
        ),
        "synthseg": Sentence(
            "A SynthSeg parcellation was brought by the user", (), ("billot2023synthseg",)
        ),
        "aal": Sentence(
            "The AAL parcellation was brought by the user; ventricles, brainstem and white matter"
            " come from the built-in map",
            (),
            ("tzourio2002aal",),
        ),
    },
    "lesion-table": {
        ANY: Sentence(
            "Each lesion was given one location, in this order: periventricular, juxtacortical,"
            " infratentorial, deep grey matter, deep white matter",
            (
                "periventricular within {ventricle_margin_mm} mm of the lateral ventricles",
                "juxtacortical with a share of {min_share} within {cortex_margin_mm} mm of the"
                " cortex",
            ),
            ("barquero2020rimnet", "filippi2019lesions"),
        ),
    },
    "volumes": {
        ANY: Sentence(
            "Volumes were measured on the native grid, those of tissues as sums of the voxels'"
            " shares; total intracranial volume is the template's,"
            " scaled by the determinant of the affine part of the registration",
            (),
            ("buckner2004tiv",),
        ),
    },
    "quality": {
        ANY: Sentence(
            "The quality of each image was judged by noise, ghosts in the air, jumps between"
            " slices, the order of the tissues' intensities and the margin of its registration,"
            " against limits from simulated images",
            (),
            ("immerkaer1996noise", "giannelli2010ghosts"),
        ),
    },
    "align-visits": {
        ANY: Sentence(
            "The FLAIRs of consecutive visits were registered rigidly in both directions and"
            " resampled once into the space half-way between them",
            (_SEED,),
            ("studholme1999nmi", "reuter2011asymmetry"),
        ),
    },
    "lesion-changes": {
        ANY: Sentence(
            "New, enlarging and shrinking lesions are where the difference of both FLAIRs, matched"
            " in intensity, and the lesion probabilities of both visits speak for a change",
            ("noise of the difference {noise}", "contrast of lesions {contrast}"),
            ("lewis2004differential", "sweeney2013sublime"),
        ),
    },
    "disconnect": {
        ANY: Sentence(
            "Disconnection of a region is the share of its streamlines, in a reference tractogram,"
            " that pass a lesion taken to template space; mean over the reference subjects",
            ("reference {reference}", "{n_reference_subjects} reference subjects"),
            ("kuceyeski2013chaco",),
        ),
    },
    "radiomics": {
        ANY: Sentence(
            "Radiomic features of every region were computed on the T1w as measured, not on the"
            " lesion-filled one, with the definitions of PyRadiomics and filters over the whole"
            " image",
            (
                "{features_per_region} features of each of {regions} regions",
                "bin width {bin_width}",
            ),
            ("vangriethuysen2017pyradiomics", "zwanenburg2020ibsi"),
        ),
    },
}
