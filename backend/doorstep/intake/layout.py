"""The sheets of a roster and their columns, with the names that offices give them. Pure data."""

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """The sheets, in the order in which they are written: later ones refer to earlier ones."""

    AREAS = "areas"
    PROVIDERS = "providers"
    CAREGIVERS = "caregivers"
    ELDERS = "elders"
    PLANS = "plans"
    CAPS = "caps"


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column: its field, its usual header first among its names, and whether a sheet without it is of any use."""

    field: str
    names: tuple[str, ...]
    required: bool = False

    @property
    def title(self) -> str:
        """The usual header."""
        return self.names[0]


def _columns(*columns: tuple[str, str]) -> tuple[Column, ...]:
    """`field` or `field!` (required) with its names, separated by blanks."""
    return tuple(
        Column(field=field.rstrip("!"), names=tuple(names.split()), required=field.endswith("!"))
        for field, names in columns
    )


SHEET_NAMES: dict[Kind, tuple[str, ...]] = {
    Kind.AREAS: ("街乡", "街道", "区域"),
    Kind.PROVIDERS: ("服务机构", "机构", "服务商"),
    Kind.CAREGIVERS: ("护理员", "服务人员", "人员"),
    Kind.ELDERS: ("老年人", "老人", "服务对象"),
    Kind.PLANS: ("照护计划", "服务计划", "一人一案", "服务安排"),
    Kind.CAPS: ("补贴标准", "补贴", "标准"),
}

COLUMNS: dict[Kind, tuple[Column, ...]] = {
    Kind.AREAS: _columns(
        ("name!", "街乡名称 街道名称 街道(地区)名称 街道地区名称 街乡 街道 乡镇街道 街道乡镇 地区名称 名称"),
        ("kind", "类型 类别 街乡类型 性质"),
        ("lat", "中心纬度 纬度 LAT LATITUDE"),
        ("lon", "中心经度 经度 LON LNG LONGITUDE"),
    ),
    Kind.PROVIDERS: _columns(
        ("name!", "机构名称 服务机构名称 服务机构 单位名称 名称 承接单位 项目承接单位"),
        ("uscc!", "统一社会信用代码 社会信用代码 信用代码 统一信用代码 机构代码"),
        ("legal_kind!", "法人类型 法人性质 单位性质 机构性质 法人类别"),
        ("site_kind", "机构类别 机构类型 类别 单位类别"),
        ("area!", "所属街乡 所属街道 所在街乡 所在街道 街乡 街道 属地街乡 所属地区"),
        ("service_types!", "服务类型 签约服务 签约项目 服务项目 承接项目 承接服务 服务种类"),
        ("coverage", "服务区域 服务范围 覆盖区域 服务街乡 覆盖街乡"),
        ("contact_name", "联系人 负责人 联系人姓名 机构联系人"),
        ("contact_phone", "联系电话 电话 手机号 联系人电话 联系方式 联系人手机 手机"),
        ("licence_until", "资质到期 资质到期日期 资质有效期 资质有效期至 许可证到期 执照到期 有效期至"),
    ),
    Kind.CAREGIVERS: _columns(
        ("name!", "姓名 护理员姓名 服务人员姓名 人员姓名 护理员 服务人员"),
        ("phone!", "手机号 手机号码 联系电话 电话 手机 电话号码 联系方式 移动电话"),
        ("provider!", "所属机构 服务机构 所在机构 机构名称 工作单位 所属单位 单位 机构"),
        ("certificates", "资质证书 证书 持有证书 资格证书 资质 证件 证书名称 证书种类"),
        ("valid_until", "证书到期 证书到期日期 证书有效期 有效期至 证书有效期至 到期日期 资质到期"),
    ),
    Kind.ELDERS: _columns(
        ("name!", "姓名 老人姓名 老年人姓名 服务对象姓名 服务对象 老人 老年人"),
        ("sex", "性别 老人性别"),
        (
            "id_number!",
            "身份证号 身份证号码 公民身份号码 证件号码 身份证 老人身份证号 老年人身份证号 "
            "身份号码 居民身份证号 证件号 公民身份证号码",
        ),
        ("birth_date", "出生日期 出生年月日 生日"),
        ("phone", "电话 联系电话 手机号 手机号码 老人电话 手机 电话号码 联系方式 本人电话 老年人电话 固定电话"),
        ("hukou", "户籍 户籍地 户籍所在地 户籍所在区 户口所在地 户籍区"),
        ("area!", "居住街乡 居住街道 所属街乡 所属街道 街乡 街道 居住街道(地区) 街道(地区) 现居住街乡 街道乡镇"),
        ("community", "社区 居住社区 所属社区 社区(村) 社区/村 社区村 居委会 村居 社区名称"),
        ("address!", "详细地址 居住地址 家庭住址 住址 地址 现住址 家庭地址 现居住地址 居住详细地址 常住地址"),
        ("lat", "纬度 LAT LATITUDE 住址纬度"),
        ("lon", "经度 LON LNG LONGITUDE 住址经度"),
        ("coord_system", "坐标系 坐标系统 坐标类型 坐标系类型"),
        ("access_notes", "入户提示 入户说明 门禁说明 上门提示"),
        ("hardship", "困难类别 困难类型 经济困难类别 困难家庭类别 人员类别 保障类别"),
        ("ability", "能力等级 老年人能力等级 失能等级 能力评估等级 评估等级 自理能力 失能程度"),
        ("dementia", "失智 是否失智 认知障碍"),
        ("disability", "残疾等级 残疾级别 残疾"),
        ("living_alone", "独居 是否独居"),
        ("honours", "优待 优待类别 优待对象 优抚 优先类别"),
        ("welfare_institution", "入住机构 是否入住机构 入住养老机构 是否入住养老机构 入住福利机构"),
        ("home_care_bed", "家庭养老床位建成日期 家庭养老床位 家庭床位建成日期 床位建成日期 家庭照护床位建成日期"),
        ("family_name", "家属姓名 家属 联系人 紧急联系人 联系人姓名 监护人姓名 家属(联系人)姓名 紧急联系人姓名"),
        (
            "family_phone",
            "家属电话 家属联系电话 联系人电话 紧急联系电话 紧急联系人电话 家属手机 家属手机号 家属联系方式",
        ),
        ("family_relation", "与老人关系 关系 家属关系 与服务对象关系 与本人关系 与老年人关系"),
        ("agreement_signed_on", "服务协议签订日期 协议签订日期 签约日期 协议日期 签订日期 服务协议签订时间 签协议日期"),
    ),
    Kind.PLANS: _columns(
        (
            "id_number!",
            "老人身份证号 身份证号 身份证号码 老年人身份证号 公民身份号码 证件号码 服务对象身份证号 身份证 证件号",
        ),
        ("elder_name", "老人姓名 姓名 老年人姓名 服务对象姓名 服务对象"),
        ("service_type!", "服务类型 服务类别 服务项目类型 项目类型 类型 服务种类"),
        ("content!", "服务内容 内容 服务项目 项目内容 具体内容"),
        ("frequency!", "频次 服务频次 频率 服务频率 服务周期 次数"),
        ("window!", "时间段 服务时间 服务时段 时段 上门时间 上门时段 预约时间段"),
        (
            "min_minutes",
            "每次不少于(分钟) 每次不少于 每次时长 最短时长 服务时长 时长 每次分钟 每次时长(分钟) 时长(分钟)",
        ),
        ("carers", "人数 服务人数 护理员人数 上门人数 所需人数"),
        ("provider!", "服务机构 机构名称 机构 承接机构 承接单位 服务单位 服务机构名称"),
        ("price!", "单价(元) 单价 单次价格 服务单价 单次单价 价格 单次价格(元)"),
        ("ratio!", "补贴比例 补助比例 政府补贴比例 补贴比率 比例"),
        ("starts_on!", "开始日期 起始日期 服务开始日期 开始时间 起始时间 生效日期"),
        ("ends_on!", "结束日期 终止日期 截止日期 服务结束日期 结束时间 截止时间 到期日期"),
        ("risks", "风险提示 风险 注意事项 安全风险 风险说明 特别提示"),
    ),
    Kind.CAPS: _columns(
        ("service_type!", "服务类型 服务类别 服务项目 类型 项目 补贴项目"),
        (
            "cap!",
            "月补贴上限(元) 月补贴上限 补贴上限 补贴标准 月补贴标准 补贴标准(元/人/月) "
            "上限(元) 每月上限 月上限 月补贴标准(元)",
        ),
    ),
}

NUMBERING = frozenset({"序号", "编号", "NO", "NO.", "#", "行号"})
"""Columns that count the rows: nothing is lost without them."""
