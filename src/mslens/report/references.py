"""The papers that a report cites."""

from __future__ import annotations

from collections.abc import Iterable

from mslens.core.errors import UnknownName
from mslens.report.reference import Reference

_LIST = (
    Reference(
        "tustison2010n4",
        "Tustison NJ, Avants BB, Cook PA, Zheng Y, Egan A, Yushkevich PA, Gee JC",
        "N4ITK: improved N3 bias correction",
        "IEEE Trans Med Imaging",
        2010,
        "29",
        "1310-1320",
        "10.1109/TMI.2010.2046908",
    ),
    Reference(
        "avants2008syn",
        "Avants BB, Epstein CL, Grossman M, Gee JC",
        "Symmetric diffeomorphic image registration with cross-correlation: evaluating automated"
        " labeling of elderly and neurodegenerative brain",
        "Med Image Anal",
        2008,
        "12",
        "26-41",
        "10.1016/j.media.2007.06.004",
    ),
    Reference(
        "studholme1999nmi",
        "Studholme C, Hill DLG, Hawkes DJ",
        "An overlap invariant entropy measure of 3D medical image alignment",
        "Pattern Recognit",
        1999,
        "32",
        "71-86",
        "10.1016/S0031-3203(98)00091-0",
    ),
    Reference(
        "pluim2000artefacts",
        "Pluim JPW, Maintz JBA, Viergever MA",
        "Interpolation artefacts in mutual information-based image registration",
        "Comput Vis Image Underst",
        2000,
        "77",
        "211-232",
        "10.1006/cviu.1999.0816",
    ),
    Reference(
        "joshi2004atlas",
        "Joshi S, Davis B, Jomier M, Gerig G",
        "Unbiased diffeomorphic atlas construction for computational anatomy",
        "NeuroImage",
        2004,
        "23",
        "S151-S160",
        "10.1016/j.neuroimage.2004.07.068",
    ),
    Reference(
        "chan2006surface",
        "Chan TF, Esedoglu S, Nikolova M",
        "Algorithms for finding global minimizers of image segmentation and denoising models",
        "SIAM J Appl Math",
        2006,
        "66",
        "1632-1648",
        "10.1137/040615286",
    ),
    Reference(
        "chambolle2011primaldual",
        "Chambolle A, Pock T",
        "A first-order primal-dual algorithm for convex problems with applications to imaging",
        "J Math Imaging Vis",
        2011,
        "40",
        "120-145",
        "10.1007/s10851-010-0251-1",
    ),
    Reference(
        "fonov2011mni",
        "Fonov V, Evans AC, Botteron K, Almli CR, McKinstry RC, Collins DL",
        "Unbiased average age-appropriate atlases for pediatric studies",
        "NeuroImage",
        2011,
        "54",
        "313-327",
        "10.1016/j.neuroimage.2010.07.033",
    ),
    Reference(
        "vanleemput1999em",
        "Van Leemput K, Maes F, Vandermeulen D, Suetens P",
        "Automated model-based tissue classification of MR images of the brain",
        "IEEE Trans Med Imaging",
        1999,
        "18",
        "897-908",
        "10.1109/42.811270",
    ),
    Reference(
        "zhang2001hmrf",
        "Zhang Y, Brady M, Smith S",
        "Segmentation of brain MR images through a hidden Markov random field model and the"
        " expectation-maximization algorithm",
        "IEEE Trans Med Imaging",
        2001,
        "20",
        "45-57",
        "10.1109/42.906424",
    ),
    Reference(
        "shattuck2001pve",
        "Shattuck DW, Sandor-Leahy SR, Schaper KA, Rottenberg DA, Leahy RM",
        "Magnetic resonance image tissue classification using a partial volume model",
        "NeuroImage",
        2001,
        "13",
        "856-876",
        "10.1006/nimg.2000.0730",
    ),
    Reference(
        "ashburner2005unified",
        "Ashburner J, Friston KJ",
        "Unified segmentation",
        "NeuroImage",
        2005,
        "26",
        "839-851",
        "10.1016/j.neuroimage.2005.02.018",
    ),
    Reference(
        "vanleemput2001lesions",
        "Van Leemput K, Maes F, Vandermeulen D, Colchester A, Suetens P",
        "Automated segmentation of multiple sclerosis lesions by model outlier detection",
        "IEEE Trans Med Imaging",
        2001,
        "20",
        "677-688",
        "10.1109/42.938237",
    ),
    Reference(
        "cerri2021samseg",
        "Cerri S, Puonti O, Meier DS, Wuerfel J, Mühlau M, Siebner HR, Van Leemput K",
        "A contrast-adaptive method for simultaneous whole-brain and lesion segmentation in"
        " multiple sclerosis",
        "NeuroImage",
        2021,
        "225",
        "117471",
        "10.1016/j.neuroimage.2020.117471",
    ),
    Reference(
        "chard2010filling",
        "Chard DT, Jackson JS, Miller DH, Wheeler-Kingshott CAM",
        "Reducing the impact of white matter lesions on automated measures of brain gray and"
        " white matter volumes",
        "J Magn Reson Imaging",
        2010,
        "32",
        "223-228",
        "10.1002/jmri.22214",
    ),
    Reference(
        "battaglini2012filling",
        "Battaglini M, Jenkinson M, De Stefano N",
        "Evaluating and reducing the impact of white matter lesions on brain volume measurements",
        "Hum Brain Mapp",
        2012,
        "33",
        "2062-2071",
        "10.1002/hbm.21344",
    ),
    Reference(
        "barquero2020rimnet",
        "Barquero G, La Rosa F, Kebiri H, Lu PJ, Rahmanzadeh R, Weigel M et al",
        "RimNet: a deep 3D multimodal MRI architecture for paramagnetic rim lesion assessment in"
        " multiple sclerosis",
        "NeuroImage Clin",
        2020,
        "28",
        "102412",
        "10.1016/j.nicl.2020.102412",
    ),
    Reference(
        "immerkaer1996noise",
        "Immerkaer J",
        "Fast noise variance estimation",
        "Comput Vis Image Underst",
        1996,
        "64",
        "300-302",
        "10.1006/cviu.1996.0060",
    ),
    Reference(
        "giannelli2010ghosts",
        "Giannelli M, Diciotti S, Tessa C, Mascalchi M",
        "Characterization of Nyquist ghost in EPI-fMRI acquisition sequences implemented on two"
        " clinical 1.5 T MR scanner systems: effect of readout bandwidth and echo spacing",
        "J Appl Clin Med Phys",
        2010,
        "11",
        "3237",
        "10.1120/jacmp.v11i4.3237",
    ),
    Reference(
        "reuter2011asymmetry",
        "Reuter M, Fischl B",
        "Avoiding asymmetry-induced bias in longitudinal image processing",
        "NeuroImage",
        2011,
        "57",
        "19-21",
        "10.1016/j.neuroimage.2011.02.076",
    ),
    Reference(
        "lewis2004differential",
        "Lewis EB, Fox NC",
        "Correction of differential intensity inhomogeneity in longitudinal MR images",
        "NeuroImage",
        2004,
        "23",
        "75-83",
        "10.1016/j.neuroimage.2004.04.030",
    ),
    Reference(
        "sweeney2013sublime",
        "Sweeney EM, Shinohara RT, Shea CD, Reich DS, Crainiceanu CM",
        "Automatic lesion incidence estimation and detection in multiple sclerosis using"
        " multisequence longitudinal MRI",
        "AJNR Am J Neuroradiol",
        2013,
        "34",
        "68-73",
        "10.3174/ajnr.A3172",
    ),
    Reference(
        "filippi2019lesions",
        "Filippi M, Preziosa P, Banwell BL, Barkhof F, Ciccarelli O, De Stefano N et al",
        "Assessment of lesions on magnetic resonance imaging in multiple sclerosis: practical"
        " guidelines",
        "Brain",
        2019,
        "142",
        "1858-1875",
        "10.1093/brain/awz144",
    ),
    Reference(
        "buckner2004tiv",
        "Buckner RL, Head D, Parker J, Fotenos AF, Marcus D, Morris JC, Snyder AZ",
        "A unified approach for morphometric and functional data analysis in young, old, and"
        " demented adults using automated atlas-based head size normalization",
        "NeuroImage",
        2004,
        "23",
        "724-738",
        "10.1016/j.neuroimage.2004.06.018",
    ),
    Reference(
        "kuceyeski2013chaco",
        "Kuceyeski A, Maruta J, Relkin N, Raj A",
        "The Network Modification (NeMo) tool: elucidating the effect of white matter integrity"
        " changes on cortical and subcortical structural connectivity",
        "Brain Connect",
        2013,
        "3",
        "451-463",
        "10.1089/brain.2013.0147",
    ),
    Reference(
        "isensee2019hdbet",
        "Isensee F, Schell M, Pflueger I, Brugnara G, Bonekamp D, Neuberger U et al",
        "Automated brain extraction of multisequence MRI using artificial neural networks",
        "Hum Brain Mapp",
        2019,
        "40",
        "4952-4964",
        "10.1002/hbm.24750",
    ),
    Reference(
        "hoopes2022synthstrip",
        "Hoopes A, Mora JS, Dalca AV, Fischl B, Hoffmann M",
        "SynthStrip: skull-stripping for any brain image",
        "NeuroImage",
        2022,
        "260",
        "119474",
        "10.1016/j.neuroimage.2022.119474",
    ),
    Reference(
        "yushkevich2016greedy",
        "Yushkevich PA, Pluta J, Wang H, Wisse LEM, Das S, Wolk D",
        "Fast automatic segmentation of hippocampal subfields and medial temporal lobe subregions"
        " in 3 Tesla and 7 Tesla T2-weighted MRI",
        "Alzheimers Dement",
        2016,
        "12",
        "P126-P127",
        "10.1016/j.jalz.2016.06.205",
    ),
    Reference(
        "obrien2014mp2rage",
        "O'Brien KR, Kober T, Hagmann P, Maeder P, Marques J, Lazeyras F et al",
        "Robust T1-weighted structural brain imaging and morphometry at 7T using MP2RAGE",
        "PLoS One",
        2014,
        "9",
        "e99676",
        "10.1371/journal.pone.0099676",
    ),
    Reference(
        "tzourio2002aal",
        "Tzourio-Mazoyer N, Landeau B, Papathanassiou D, Crivello F, Etard O, Delcroix N et al",
        "Automated anatomical labeling of activations in SPM using a macroscopic anatomical"
        " parcellation of the MNI MRI single-subject brain",
        "NeuroImage",
        2002,
        "15",
        "273-289",
        "10.1006/nimg.2001.0978",
    ),
    Reference(
        "fischl2012freesurfer",
        "Fischl B",
        "FreeSurfer",
        "NeuroImage",
        2012,
        "62",
        "774-781",
        "10.1016/j.neuroimage.2012.01.021",
    ),
    Reference(
        "billot2023synthseg",
        "Billot B, Greve DN, Puonti O, Thielscher A, Van Leemput K, Fischl B et al",
        "SynthSeg: segmentation of brain MRI scans of any contrast and resolution without"
        " retraining",
        "Med Image Anal",
        2023,
        "86",
        "102789",
        "10.1016/j.media.2023.102789",
    ),
    Reference(
        "gorgolewski2016bids",
        "Gorgolewski KJ, Auer T, Calhoun VD, Craddock RC, Das S, Duff EP et al",
        "The brain imaging data structure, a format for organizing and describing outputs of"
        " neuroimaging experiments",
        "Sci Data",
        2016,
        "3",
        "160044",
        "10.1038/sdata.2016.44",
    ),
    Reference(
        "lowekamp2013simpleitk",
        "Lowekamp BC, Chen DT, Ibanez L, Blezek D",
        "The design of SimpleITK",
        "Front Neuroinform",
        2013,
        "7",
        "45",
        "10.3389/fninf.2013.00045",
    ),
    Reference(
        "vangriethuysen2017pyradiomics",
        "van Griethuysen JJM, Fedorov A, Parmar C, Hosny A et al",
        "Computational radiomics system to decode the radiographic phenotype",
        "Cancer Res",
        2017,
        "77",
        "e104-e107",
        "10.1158/0008-5472.CAN-17-0339",
    ),
    Reference(
        "zwanenburg2020ibsi",
        "Zwanenburg A, Vallieres M, Abdalah MA, Aerts HJW et al",
        "The Image Biomarker Standardization Initiative: standardized quantitative radiomics for"
        " high-throughput image-based phenotyping",
        "Radiology",
        2020,
        "295",
        "328-338",
        "10.1148/radiol.2020191145",
    ),
)

REFERENCES: dict[str, Reference] = {reference.key: reference for reference in _LIST}


def find_references(keys: Iterable[str]) -> list[Reference]:
    """Return the references of `keys` in the order in which they first appear.

    Raises
    ------
    UnknownName
        If a key is not in `REFERENCES`.
    """
    found = []
    for key in dict.fromkeys(keys):
        if key not in REFERENCES:
            raise UnknownName.of(key, REFERENCES, kind="reference")
        found.append(REFERENCES[key])
    return found
