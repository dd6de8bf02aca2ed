"""Names made comparable: canonical form, rank of laws, level of agencies, resolved through the report's own region."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from pipeline import knowledge
from pipeline.knowledge import AgencyType
from pipeline.layers import Entity, Metadata
from pipeline.learning.linear import LinearModel, Sparse, sparse
from pipeline.stages.metadata.regions import Area, area_of
from pipeline.stages.names.forms import full_width, strip_marks

_PREFIXES = {
    "自治区": "province", "省": "province", "兵团": "province", "州": "city", "盟": "city", "师": "city", "市": "city", "地区": "city",
    "县": "county", "区": "county", "旗": "county", "新区": "county", "镇": "town", "乡": "town", "街道": "town", "街": "town",
}  # fmt: skip
_OWN = re.compile(r"\A(?:我|本|全)?(自治区|兵团|省|州|盟|师|市(?![场民监])|地区|县|新区|区|旗|镇|乡|街道)")
_OWN_OFFICE = re.compile(r"(?:局|厅|委|关|支队|总队)([^局厅委]{2,8}(?:科|处|股|室))\Z")
_SHARED = re.compile(r"((?:省|市|县|区|镇|乡)(?:、(?:省|市|县|区|镇|乡))+)([^、（）省市县区镇乡].+)")
_LEVELS = ("central", "province", "city", "county", "town")
_COUNTRY = "中华人民共和国"
_RANK_BY_HEAD = ((re.compile(r"(?:法|法典|宪法)(?:（.*）)?\Z"), "law"), (re.compile(r"条例(?:（.*）)?\Z"), "regulation"))
_DECISION = re.compile(r"(?:人大常委会|人民代表大会常务委员会|人民代表大会).*(?:决定|决议)")


@dataclass(slots=True)
class Resolver:
    """Resolves names of one report. `area` and `level` are its issuer's."""

    metadata: Metadata
    ranks: LinearModel
    norm: str
    area: Area | None = None
    introduced: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name = self.metadata.region or ""
        self.area = area_of(full_width(name)) if name else None

    def resolve(self, entity: Entity, surface: str) -> None:
        """Set canonical name, rank and level of an entity."""
        surface = full_width(surface)
        if entity.label == "LAW":
            entity.canonical = self._law(surface)
            entity.rank = self._rank(entity, surface)
        elif entity.label == "AGENCY":
            entity.canonical, entity.level = self._agency(surface)
        else:
            entity.canonical = canonical_measure(surface)

    def _law(self, surface: str) -> str:
        name = strip_marks(surface)
        self._introduce(name)
        bare = name.removeprefix(_COUNTRY)
        if len(bare) <= 4 and bare in self.introduced:
            return self.introduced[bare]
        known = knowledge.laws().get(bare)
        if known and known.rank == "law" and bare != "宪法" and "决定" not in bare:
            return _COUNTRY + bare
        if known and known.rank == "law" and bare == "宪法":
            return "中华人民共和国宪法"
        if known is None and re.fullmatch(r"[^（）]{2,20}(?<!办)法", bare) and not name.startswith(_COUNTRY):
            return _COUNTRY + bare
        if bare in {"政府信息公开条例", "行政复议法实施条例", "市场主体登记管理条例"}:
            return _COUNTRY + bare
        return name

    def _introduce(self, name: str) -> None:
        """Remember by which short form a document is cited further on (《纲要》, 《条例》)."""
        match = re.search(r"(纲要|条例|办法|规定|意见|方案|规划|通知|决定|细则)(?:（.*）)?\Z", name)
        if match and len(name) > 4:
            self.introduced[match.group(1)] = name

    def _rank(self, entity: Entity, surface: str) -> str:
        name = strip_marks(surface).removeprefix(_COUNTRY)
        known = knowledge.laws().get(name)
        if known:
            return known.rank
        probabilities = self.ranks.probabilities(rank_features(name, self.norm, entity.start, entity.end))
        return self.ranks.classes[int(probabilities.argmax())]

    def _agency(self, surface: str) -> tuple[str, str | None]:
        central = knowledge.central_agencies().get(surface) or self._own_ministry(surface)
        if central:
            return central, "central"
        bank = re.fullmatch(r"(?:中国)?人民银行(.+)", surface)
        if bank:
            place = area_of(bank.group(1))
            return f"中国人民银行{bank.group(1)}", place.level if place else self.metadata.region_level
        league = re.fullmatch(r"团(省|市|县|区|州|旗)委", surface)
        if league:
            surface = f"{league.group(1)}团委"
        own_branch = self._own_branch(surface)
        if own_branch:
            return own_branch
        office = _OWN_OFFICE.match(surface)
        if office and self.metadata.issuer:
            return full_width(self.metadata.issuer) + office.group(1), self.metadata.region_level
        short = area_of(surface)
        if short and not surface.startswith(short.name):
            return surface, short.level  # a vertical organ by a place's short name: 湛江海关
        if shared := self._shared_head(surface):
            return shared
        area, rest = self._split_area(surface)
        if area is None:
            return surface, _level_of_name(surface) or self.metadata.region_level
        own_type = self._own_type()
        if rest in {"局", "厅", "委"} and own_type and (rest != "委" or own_type.endswith("委员会")):
            rest = own_type
        return self._town_office(area, rest) or compose(area, rest), _level(area, rest)

    def _own_branch(self, surface: str) -> tuple[str, str | None] | None:
        """What belongs to the issuing department itself: a branch (高新分局), the inspectors of discipline posted to it (驻局纪检监察组)."""
        issuer, level = full_width(self.metadata.issuer or ""), self.metadata.region_level
        if self.area is None or level is None or not issuer.endswith(("局", "厅", "委员会", "委")):
            return None
        if re.fullmatch(r"[^省市县区旗州盟局]{2,6}分局", surface):
            return issuer + surface, _LEVELS[min(_LEVELS.index(level) + 1, 4)]
        if re.fullmatch(r"(?:派?驻)(?:我|本)?(?:局|厅|委)纪检监察组", surface):
            return f"{self.area.name}纪委监委驻{issuer}纪检监察组", level
        return None

    def _own_type(self) -> str | None:
        """The kind of the department that issues the report."""
        issuer = full_width(self.metadata.issuer or "")
        if self.area is None or not issuer:
            return None
        return next((issuer[-n:] for n, names in _types_by_length().items() if n > 2 and issuer[-n:] in names), None)

    def _own_ministry(self, surface: str) -> str | None:
        """`总局`, `总署`, `部` in a department's report: the central organ of its field."""
        if surface not in {"总局", "总署", "国家总局"}:
            return None
        own = self._own_type() or ""
        stem = own.removesuffix("局").removesuffix("管理")
        return next((c for c in sorted(set(knowledge.central_agencies().values())) if stem and stem in c and c.endswith(surface[-2:])), None)

    def _shared_head(self, surface: str) -> tuple[str, str | None] | None:
        """A head that several of the report's own levels share: `区、镇人大` is the district's and the town's."""
        match = _SHARED.fullmatch(surface)
        if match is None:
            return None
        prefixes, head = match.group(1).split("、"), match.group(2)
        areas = [self._own_area(_PREFIXES[prefix], prefix) for prefix in prefixes]
        if any(area is None for area in areas):
            return None
        known = [area for area in areas if area is not None]
        return "、".join(compose(area, head) for area in known), known[0].level

    def _town_office(self, area: Area, rest: str) -> str | None:
        form = knowledge.town_offices().get(rest)
        if form is None or area.level != "town":
            return None
        town = _last_part(area.name) or area.name
        county = area.name.removesuffix(town)
        short = re.sub(r"(?:镇|乡|街道)\Z", "", town)
        city = next((r.city for r in knowledge.regions().get(area.county, ()) if r.city and county.startswith(r.city)), "")
        district = area.county.removesuffix("区").removesuffix("县")
        police = f"{city}公安局{district}分局" if city and area.county.endswith("区") else f"{county}公安局"
        return form.format(county=county, police=police, town=short, town_name=town)

    def _split_area(self, surface: str) -> tuple[Area | None, str]:
        """The area an organ's name speaks of, and the name without it."""
        named = area_of(surface)
        if named and surface.startswith(named.name) and len(named.name) < len(surface):
            return self._complete(named), surface[len(named.name) :]
        prefixed = _OWN.match(surface)
        if prefixed and len(prefixed.group()) < len(surface):
            level = _PREFIXES[prefixed.group(1)]
            return self._own_area(level, prefixed.group(1)), surface[prefixed.end() :]
        own_level = self.metadata.region_level
        return (self._own_area(own_level, "") if own_level else None), surface

    def _complete(self, area: Area) -> Area:
        """A county or town named without its city, put under the report's own."""
        own = self.area
        if own is None or area.level == "province" or area.level == "city":
            return area
        if own.level == area.level and own.name.endswith(area.name):
            return own
        if area.level == "county" and own.level == "city" and area.city in {"", own.city, own.name}:
            return area
        if area.level == "town" and own.level in {"county", "town"} and own.name.find(area.name) < 0 and area.name == (area.county or area.name):
            base = own.name if own.level == "county" else own.name.removesuffix(_last_part(own.name))
            return Area(base + area.name, "town", own.province, own.city, own.county)
        return area

    def _own_area(self, level: str, prefix: str) -> Area | None:
        own = self.area
        if own is None:
            return None
        if level == own.level or prefix == "":
            return own
        if prefix == "市" and own.name.endswith("市") and own.level in {"county", "province"}:
            return own  # a county-level city or a municipality in its own report
        if level == "city" and not own.city and own.province.endswith("市"):
            return Area(own.province, "province", own.province)
        name = {"province": own.province, "city": own.city, "county": _county_name(own)}.get(level, "")
        return Area(name, level, own.province, own.city, own.county) if name else None


def _county_name(own: Area) -> str:
    if own.level != "town":
        return own.county
    return own.name.removesuffix(_last_part(own.name)) or own.county


def _last_part(name: str) -> str:
    match = re.search(r"(?:[^省市县区旗州盟]+)(?:镇|乡|街道|苏木)\Z", name)
    return match.group() if match else ""


@cache
def _types_by_length() -> dict[int, frozenset[str]]:
    lengths: dict[int, set[str]] = {}
    for name in knowledge.agency_types():
        lengths.setdefault(len(name), set()).add(name)
    return {n: frozenset(names) for n, names in sorted(lengths.items(), reverse=True)}


def _leading_type(rest: str) -> str:
    """The longest known kind that a name begins with, if it is more than a field of work."""
    for length, names in _types_by_length().items():
        if 1 < length < len(rest) and rest[:length] in names and rest[length - 1] in "局委办厅会院府团关":
            return rest[:length]
    return ""


def compose(area: Area, rest: str) -> str:
    """The full name of an organ of an area: `连云港市` + `司法局` → `连云港市司法局`."""
    if rest == "公安分局" and area.county:
        city = area.name.removesuffix(area.county) or area.city
        return f"{city}公安局{area.county.removesuffix('区')}分局"
    tail = ""
    kind = knowledge.agency_types().get(rest)
    if kind is None and (lead := _leading_type(rest)):
        kind, tail = knowledge.agency_types()[lead], rest[len(lead) :]
    if kind is None:
        if rest.startswith("委") and len(rest) > 2:
            return f"中共{area.name}{rest}"
        return area.name + (f"{rest}公室" if rest.endswith("办") else rest)
    form = _form(kind, area, rest)
    if "{" not in form:
        return area.name + form + tail
    unit = area.name[-1:] if area.name[-1:] in "省市县区旗州盟" else {"province": "省", "city": "市"}.get(area.level, "县")
    return form.replace("{}", area.name).replace("{level}", unit) + tail


def _form(kind: AgencyType, area: Area, rest: str) -> str:
    if area.level == "province":
        return kind.city if kind.province.endswith("厅") and rest.endswith("局") else kind.province
    if area.level == "town" and kind.name == "人民政府":
        return "人民政府" if not area.name.endswith("街道") else "办事处"
    if rest.endswith(("委", "委员会")) and kind.city.endswith("委员会"):
        return kind.city
    return kind.city if area.level == "city" else kind.county


def _level(area: Area, rest: str) -> str:
    """An office below a known organ (`市场监管局葵溪所`) is one level lower than the organ."""
    lead = _leading_type(rest)
    tail = rest[len(lead) :] if lead else ""
    is_below = re.search(r".(?:所|分局|法庭|工作站|大队|中队|站)\Z", tail) and "支队" not in tail
    if is_below or (rest == "公安分局" and area.level == "city"):
        return _LEVELS[min(_LEVELS.index(area.level) + 1, 4)]
    return area.level


def _level_of_name(surface: str) -> str | None:
    if surface.startswith(("中央", "国家", "国务院", "全国", "最高", "中华")):
        return "central"
    return None


def rank_features(name: str, norm: str, start: int, end: int) -> Sparse:
    """What a document's name and surroundings say of its rank."""
    before, after = norm[max(0, start - 12) : start], norm[end : end + 8]
    head = re.search(
        r"(法|条例|规定|办法|规则|细则|意见|通知|方案|规划|纲要|要点|清单|决定|指引|指南|标准|措施|计划|准则|规程|预案|公告|通告|批复|目录|基准)(?:（[^（）]*）)?\Z",
        name,
    )
    area = area_of(name)
    features = [f"head={head.group(1) if head else name[-2:]}", f"area={area.level if area else 'none'}"]
    features.append(f"head={head.group(1) if head else '-'},area={bool(area)}")
    features += [
        f"has={word}"
        for word in (
            "党",
            "中共",
            "委",
            "领导干部",
            "依法治",
            "法治政府建设",
            "普法",
            "草案",
            "修订",
            "人大",
            "人民政府",
            "责任制",
            "法治宣传教育",
            "乡村振兴",
            "督察",
            "述职",
            "巡",
            "信访",
        )
        if word in name
    ]
    features += [
        f"near={word}"
        for word in (
            "规章",
            "政府令",
            "地方性法规",
            "法规",
            "党内法规",
            "规范性文件",
            "中共中央",
            "国务院",
            "中办",
            "两办",
            "市委",
            "省委",
            "总局令",
            "部令",
            "令第",
        )
        if word in before + after
    ]
    features += [f"g={name[i : i + 2]}" for i in range(len(name) - 1)] + [f"h3={name[:3]}", f"t2={name[-2:]}"]
    return sparse(features)


def canonical_measure(surface: str) -> str:
    """The fixed name of a well-known instrument, else the surface with curly quotation marks."""
    agreed = knowledge.measure_names().get(surface)
    if agreed:
        return agreed
    known = knowledge.instruments()
    for form in (surface, surface.strip("“”"), f"“{surface}”"):
        if form in known:
            return known[form]
    return surface
