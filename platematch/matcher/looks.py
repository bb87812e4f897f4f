"""How vehicles look, as data: words for colours, types and makes in three languages, and how recognisers confuse them.

Shares of traffic: of colours about those of BASF's yearly colour reports for Europe, of types about those of the
European fleet (ACEA); how often recognisers are right, and what they take for what, are estimates, no published figure
covers the cameras in use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Confusion(NamedTuple):
    """A recogniser of one of some kinds. shares: of the traffic, each kind's; right: how often it says the kind itself.

    near: of what it says wrongly, half falls to kinds that are in a group with the true one, if there are any; the rest
    falls to all the others by their shares.
    words: what kinds are called, in lower case; a kind's own name is one of its words.
    """

    shares: Mapping[str, float]
    right: float
    near: Sequence[frozenset[str]]
    words: Mapping[str, str]

    def kind(self, text: str) -> str | None:
        """The kind that a text names, in any case: as a whole, or by the first of its words that names one."""
        plain = text.strip().casefold()
        candidates = [plain, *plain.replace("-", " ").replace("/", " ").replace("(", " ").replace(")", " ").split()]
        return next((self.words[word] for word in candidates if word in self.words), None)

    def chance(self, said: str, true: str) -> float:
        """P(the recogniser says this kind | that is the true one)."""
        if said == true:
            return self.right
        mates = {kind for group in self.near if true in group for kind in group} - {true}
        wrong = 1.0 - self.right
        far = wrong * (0.5 if mates else 1.0) * self.shares[said] / (1.0 - self.shares[true])
        return far + (0.5 * wrong / len(mates) if said in mates else 0.0)

    def ratio(self, said: str, listed: str) -> float:
        """P(said | the listed vehicle) / P(said | an ordinary one)."""
        return self.chance(said, listed) / sum(share * self.chance(said, kind) for kind, share in self.shares.items())


def _words(lines: str) -> dict[str, str]:
    """From lines `kind: word, word`."""
    named = [line.split(":") for line in lines.strip().splitlines()]
    return {word.strip(): kind.strip() for kind, words in named for word in (kind, *words.split(",")) if word.strip()}


COLOURS = Confusion(
    shares={
        "white": 0.24, "black": 0.19, "grey": 0.20, "silver": 0.11, "blue": 0.10, "red": 0.07, "green": 0.03,
        "brown": 0.02, "beige": 0.015, "yellow": 0.01, "orange": 0.01, "purple": 0.005,
    },
    right=0.75,
    near=[
        frozenset({"silver", "grey", "white"}), frozenset({"black", "blue", "grey"}),
        frozenset({"red", "orange", "brown"}), frozenset({"beige", "white", "yellow", "brown"}),
        frozenset({"blue", "green"}), frozenset({"purple", "blue", "red"}), frozenset({"black", "brown", "green"}),
    ],
    words=_words("""
white: білий, біла, белый, белая
black: чорний, чорна, черный, чёрный, черная
grey: gray, сірий, сіра, серый, серая, graphite
silver: сріблястий, срібний, серебристый, серебряный, срібляста
blue: синій, блакитний, голубий, синий, голубой, cyan
red: червоний, вишневий, бордовий, красный, вишневый, бордовый, maroon, burgundy
green: зелений, зеленый, зелёный, olive
brown: коричневий, коричневый
beige: бежевий, бежевый, cream, tan, gold, золотистий, золотистый, золотий
yellow: жовтий, желтый, жёлтый
orange: помаранчевий, оранжевий, оранжевый
purple: violet, фіолетовий, фиолетовый, pink, рожевий, розовый
"""),
)  # fmt: skip

TYPES = Confusion(
    shares={"car": 0.62, "suv": 0.18, "van": 0.09, "truck": 0.05, "pickup": 0.02, "bus": 0.01, "motorcycle": 0.03},
    right=0.85,
    near=[
        frozenset({"car", "suv"}), frozenset({"suv", "van", "pickup"}), frozenset({"van", "truck", "bus"}),
        frozenset({"pickup", "truck"}), frozenset({"car", "van"}),
    ],
    words=_words("""
car: sedan, hatchback, coupe, convertible, wagon, estate, saloon, vehicle, легковий, легковой, седан, хетчбек, універсал
suv: crossover, jeep, suvmpv, позашляховик, внедорожник, кросовер
van: minivan, mpv, minibus, lightvan, фургон, мікроавтобус, микроавтобус
truck: lorry, largetruck, heavytruck, tractor, smalltruck, вантажний, вантажівка, грузовой, грузовик, тягач
pickup: пікап, пикап, pickuptruck
bus: coach, largebus, автобус
motorcycle: motorbike, moto, bike, scooter, moped, twowheelvehicle, мотоцикл, мопед, скутер, моторолер
"""),
)  # fmt: skip

MAKES_RIGHT = 0.85
MAKES = _words("""
volkswagen: vw, фольксваген
mercedes: mercedes-benz, mercedesbenz, mercedes benz, mb, мерседес, мерседес-бенц
bmw: бмв
audi: ауді, ауди
opel: vauxhall, опель
ford: форд
renault: рено
skoda: škoda, шкода
toyota: тойота
lexus: лексус
nissan: ніссан, ниссан
honda: хонда
mazda: мазда
mitsubishi: міцубісі, мицубиси, мітсубісі
subaru: субару
suzuki: сузукі, сузуки
hyundai: хюндай, хундай, хендай, хьюндай
kia: кіа, киа
daewoo: деу, дэу
chevrolet: chevy, шевроле
dodge: додж
jeep: джип
chrysler: крайслер
tesla: тесла
volvo: вольво
peugeot: пежо
citroen: citroën, сітроен, ситроен
fiat: фіат, фиат
seat: сеат
dacia: дачія, дачия
land rover: landrover, land-rover, range rover, лендровер
porsche: порше
infiniti: інфініті, инфинити
acura: акура
geely: джилі, джили
chery: чері, чери
great wall: грейт вол
vaz: lada, ваз, лада
zaz: заз
gaz: газ
uaz: уаз
moskvich: москвич, азлк
daf: даф
man: ман
iveco: івеко, ивеко
scania: сканія, скания
kamaz: камаз
maz: маз
yamaha: ямаха
kawasaki: кавасакі, кавасаки
ducati: дукаті, дукати
harley-davidson: harley, harley davidson, харлей
gmc:
ram:
buick:
cadillac:
lincoln:
mini: міні, мини
jaguar: ягуар
""")
"""Words to makes; each make's own name is one of them."""
COMMON_MAKE = 0.06
"""Share of the traffic that a usual make has: an estimate."""
