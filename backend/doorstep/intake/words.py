"""The closed words of an office and what they mean in the product. Pure data; a word that is not here is refused."""

from doorstep.intake.cells import key


class Words:
    """Meaning to the ways of writing it; the first way of each is shown when a word is not understood."""

    def __init__(self, **meanings: str) -> None:
        self.allowed = "、".join(ways.split()[0] for ways in meanings.values())
        self._meaning = {key(way): meaning for meaning, ways in meanings.items() for way in ways.split()}

    def get(self, word: str) -> str | None:
        """The meaning of a word that went through :func:`doorstep.intake.cells.key`."""
        return self._meaning.get(word)


SEX = Words(female="女 女性 F FEMALE", male="男 男性 M MALE")

HARDSHIP = Words(
    minimum_allowance="低保 低保户 低保家庭 最低生活保障 最低生活保障家庭 城市低保 农村低保 城乡低保",
    low_income="低收入 低收入家庭 低收入户 低收入困难家庭",
    special_support="特困供养 特困 特困人员 特困供养人员 特困老人 分散供养 分散供养特困人员",
    fp_hardship="计生困难 计生困难家庭 计划生育困难 计划生育困难家庭",
    fp_special_hardship="计划生育特殊困难 计划生育特殊困难家庭 计生特殊困难 计生特殊困难家庭 计生特困 "
    "计生特殊家庭 失独 失独家庭",
)
HARDSHIP_KINDS = frozenset({"minimum_allowance", "low_income", "special_support", "fp_hardship", "fp_special_hardship"})

# GB/T 42195-2022 names five levels; they are stored as assessed, never computed.
ABILITY = Words(
    intact="能力完好 完好 0级",
    mild="轻度失能 轻度 1级",
    moderate="中度失能 中度 2级",
    severe="重度失能 重度 3级",
    total="完全失能 完全丧失 4级",
)

HONOURS = Words(
    model_worker="市级劳动模范 劳动模范 劳模 市级劳模 省级劳动模范 省部级劳动模范 全国劳动模范 全国劳模",
    disabled_on_duty="因公致残 因公致残人员 因公伤残",
    disabled_brave_act="见义勇为伤残 见义勇为 见义勇为伤残人士 见义勇为伤残人员",
)
HONOUR_KINDS = frozenset({"model_worker", "disabled_on_duty", "disabled_brave_act"})

LEGAL_KIND = Words(
    public_institution="事业单位 事业法人 事业单位法人",
    enterprise="企业 企业法人 公司 有限公司 有限责任公司 民营企业 国有企业",
    social_org="社会组织 民办非企业单位 民办非企业 民非 社会服务机构 社会团体 基金会",
)

SITE_KIND = Words(
    care_centre="照料中心 养老照料中心 街道养老照料中心 街乡养老照料中心",
    station="养老服务驿站 驿站 社区养老服务驿站 社区驿站 养老驿站",
    community_health="社区卫生服务中心 社区卫生服务站 卫生服务中心 社区卫生服务中心(站)",
    housekeeping="家政服务公司 家政公司 家政 家政服务",
    catering="餐饮服务公司 餐饮公司 餐饮 餐饮服务",
    other="其他 其它",
)

CERTIFICATES = Words(
    health_certificate="健康证 健康证明 健康合格证 从业人员健康证明",
    nurse_licence="护士执业证 护士执业证书 护士证",
    care_worker_certificate="养老护理员证 养老护理员 养老护理员证书 养老护理员资格证 养老护理员职业资格证 护理员证",
)

AREA_KINDS = Words(街道="街道 街道办事处", 地区="地区 地区办事处 乡 镇 乡镇")
