"""Where the training data comes from, under which licence: written into every artefact."""

from typing import Final

DATA: Final = [
    {
        "name": "SmSA (IndoNLU), train",
        "licence": "CC BY-SA 4.0",
        "source": "IndoNLP/indonlu: dataset/smsa_doc-sentiment-prosa",
        "used_for": "tone; plain Indonesian for language. Rows near a NusaX sentence left out",
    },
    {
        "name": "NusaX sentiment, train",
        "licence": "CC BY-SA 4.0",
        "source": "IndoNLP/nusax: datasets/sentiment",
        "used_for": "tone and language, 12 languages",
    },
    {
        "name": "NusaTranslation sentiment, train",
        "licence": "Apache-2.0",
        "source": "IndoNLP/nusa-writes: data/nusa_kalimat-senti-*",
        "used_for": "tone (positive, negative); Ambonese Malay for language",
    },
    {
        "name": "LAPOR! 2014-2017 by sector",
        "licence": "MIT",
        "source": "canfelli25/ir-lapor-classifier",
        "used_for": "weak labels of category and unit",
    },
    {
        "name": "Tanggap labelled sets: train rows, statements",
        "licence": "that of this project",
        "source": "services/classifier/labelled",
        "used_for": "every head of reports; language",
    },
]
