"""The catalogue of services: types, contents with their checklists and usual times, certificates. Pure data.

Types and contents are those of the Chaoyang "四进" notice, 朝民发〔2017〕37号 (2017-11-16):
助医 ("病床、送药、巡访、e网进家庭"), 助餐 ("就餐、配餐、送餐"), 助洁 ("家庭保洁、洗衣"), 助浴 ("上门助浴、理发").
Only what happens at the home's door is a home visit: dining in and packing are known, so that a roster which names them
is understood, and are no visit. The notice leaves times open: minutes are our defaults, a plan item carries its own.
"""

from doorstep.plans.procedures import BATHING_SAFETY, EMERGENCY, PROCEDURES
from doorstep.plans.wire import Content, Procedure, ServiceType, Task

HEALTH_CERTIFICATE = "health_certificate"
NURSE_LICENCE = "nurse_licence"
CARE_WORKER_CERTIFICATE = "care_worker_certificate"

SERVICE_TYPES = {
    kind.code: kind
    for kind in (
        # "以社区卫生服务机构为实施主体": a medical qualification on the day (朝民发〔2017〕37号, 助医).
        ServiceType(
            code="medical", zh="助医", en="Medical help", certificates=((HEALTH_CERTIFICATE,), (NURSE_LICENCE,))
        ),
        ServiceType(code="meal", zh="助餐", en="Meals", certificates=((HEALTH_CERTIFICATE,),)),
        ServiceType(code="cleaning", zh="助洁", en="Cleaning", certificates=((HEALTH_CERTIFICATE,),)),
        # "助浴项目服务人员由专业护理员及护士组成" (朝民发〔2017〕37号, annex 1).
        ServiceType(
            code="bathing",
            zh="助浴",
            en="Bathing",
            certificates=((HEALTH_CERTIFICATE,), (NURSE_LICENCE, CARE_WORKER_CERTIFICATE)),
        ),
    )
}

CONTENTS = {
    content.code: content
    for content in (
        Content(
            code="bed_care",
            service_type="medical",
            zh="病床",
            en="Home bed care",
            also=("家庭病床", "病床护理", "病床进家庭"),
            min_minutes=15,
            max_minutes=120,
            tasks=(
                Task("vital_signs", "测量体温、脉搏、血压", "Temperature, pulse and blood pressure"),
                Task("medication_check", "核对用药", "Checked the medicines"),
                Task("nursing_procedure", "按医嘱护理操作", "Nursing as ordered by the doctor"),
                Task("skin_check", "检查皮肤和压疮", "Skin and pressure sores checked"),
                Task("advice", "健康指导", "Health advice"),
            ),
        ),
        Content(
            code="medicine_delivery",
            service_type="medical",
            zh="送药",
            en="Medicine delivery",
            also=("送药上门", "送药进家庭"),
            min_minutes=15,
            max_minutes=60,
            tasks=(
                Task("medicine_handed", "核对姓名和药品后交付", "Name and medicine checked, handed over"),
                Task("usage_told", "说明用法用量", "Explained how to take it"),
                Task("leftovers_checked", "清点剩余和过期药", "Left-over and expired medicine checked"),
            ),
        ),
        Content(
            code="round_visit",
            service_type="medical",
            zh="巡访",
            en="Medical round",
            also=("巡诊", "上门巡诊", "巡访进家庭"),
            min_minutes=15,
            max_minutes=120,
            tasks=(
                Task("vital_signs", "测量体温、脉搏、血压", "Temperature, pulse and blood pressure"),
                Task("condition_asked", "询问近期身体情况", "Asked about recent health"),
                Task("medication_check", "核对用药", "Checked the medicines"),
                Task("advice", "健康指导", "Health advice"),
            ),
        ),
        Content(
            code="e_network",
            service_type="medical",
            zh="e网",
            en="Health network at home",
            also=("E网", "e网进家庭", "e网服务"),
            min_minutes=15,
            max_minutes=120,
            tasks=(
                Task("device_checked", "检查健康监测设备", "Health monitor checked"),
                Task("data_uploaded", "测量并上传数据", "Measured and sent the data"),
                Task("record_updated", "更新健康档案", "Health record updated"),
            ),
        ),
        Content(
            code="delivery",
            service_type="meal",
            zh="送餐",
            en="Meal delivery",
            also=("送餐上门", "上门送餐"),
            min_minutes=3,
            max_minutes=60,
            tasks=(
                Task("meal_handed", "餐食交到老人手里", "Meal handed to the elder"),
                Task("diet_checked", "核对忌口和餐温", "Diet and temperature checked"),
                Task("box_collected", "收回餐具", "Dishes collected"),
                Task("wellbeing", "看看老人精神状态", "Looked how the elder is"),
            ),
        ),
        Content(
            code="dine_in", service_type="meal", zh="就餐", en="Dining in", also=("堂食", "集中就餐"), at_home=False
        ),
        Content(code="packing", service_type="meal", zh="配餐", en="Meal packing", also=(), at_home=False),
        Content(
            code="home_cleaning",
            service_type="cleaning",
            zh="家庭保洁",
            en="Home cleaning",
            also=("保洁", "居室保洁", "家政保洁"),
            min_minutes=45,
            max_minutes=240,
            tasks=(
                Task("living_room", "客厅卧室清扫", "Living room and bedroom"),
                Task("kitchen", "厨房清洁", "Kitchen"),
                Task("bathroom", "卫生间清洁", "Bathroom"),
                Task("rubbish", "带走垃圾", "Rubbish taken away"),
                Task("floor_dry", "地面擦干防滑", "Floor dry, not slippery"),
            ),
        ),
        Content(
            code="laundry",
            service_type="cleaning",
            zh="洗衣",
            en="Laundry",
            also=("洗衣服", "衣物清洗", "上门洗衣"),
            min_minutes=45,
            max_minutes=240,
            tasks=(
                Task("washed", "清洗衣物", "Washed"),
                Task("dried", "晾晒或烘干", "Hung up or dried"),
                Task("folded", "叠好归位", "Folded and put away"),
                Task("bedding_changed", "更换床品", "Bedding changed"),
            ),
        ),
        Content(
            code="bath_at_home",
            service_type="bathing",
            zh="入户助浴",
            en="Bath at home",
            also=("助浴", "上门助浴", "洗澡", "入户洗浴"),
            min_minutes=40,
            max_minutes=180,
            safety_procedure=BATHING_SAFETY,
            tasks=(
                Task("condition_before", "浴前测血压、问身体", "Blood pressure and health before the bath"),
                Task("water_temperature", "试水温 38–40℃", "Water 38–40 °C, tried by hand"),
                Task("bath", "助浴", "Bath"),
                Task("skin_check", "检查皮肤", "Skin checked"),
                Task("dried_dressed", "擦干、穿衣、保暖", "Dried, dressed, warm"),
                Task("condition_after", "浴后观察、补水", "Watched afterwards, given water"),
            ),
        ),
        Content(
            code="haircut",
            service_type="bathing",
            zh="理发",
            en="Haircut",
            also=("上门理发", "剪发", "理发服务"),
            min_minutes=20,
            max_minutes=120,
            tasks=(
                Task("tools_disinfected", "工具消毒", "Tools disinfected"),
                Task("haircut", "理发", "Haircut"),
                Task("shave", "剃须修面", "Shave"),
                Task("cleaned_up", "清理碎发", "Hair swept up"),
            ),
        ),
    )
}

_TYPE_BY_NAME = {name: kind.code for kind in SERVICE_TYPES.values() for name in (kind.code, kind.zh)}
_CONTENT_BY_NAME = {
    (content.service_type, name): content.code
    for content in CONTENTS.values()
    for name in (content.code, content.zh, *content.also)
}


def service_type_named(name: str) -> str | None:
    """The code of a service type as an office writes it ("助浴", "助浴服务"), None if it is none of the four."""
    return _TYPE_BY_NAME.get(name) or _TYPE_BY_NAME.get(name.removesuffix("服务"))


def content_named(service_type: str, name: str) -> str | None:
    """The code of a content of this type as an office writes it ("e网"), None if it is not known."""
    return _CONTENT_BY_NAME.get((service_type, name)) or _CONTENT_BY_NAME.get((service_type, name.removesuffix("服务")))


def is_home_visit(service_type: str, content: str) -> bool:
    """Whether this content belongs to the type and happens at the home's door."""
    known = CONTENTS.get(content)
    return known is not None and known.service_type == service_type and known.at_home


def needed_certificates(service_type: str) -> tuple[frozenset[str], ...]:
    """What the caregiver must hold on the day: one certificate of each of these sets."""
    return tuple(frozenset(one_of) for one_of in SERVICE_TYPES[service_type].certificates)


def safety_procedure(service_type: str, content: str) -> Procedure | None:
    """The procedure to acknowledge before this service. A bathing visit of unknown content is taken for a bath."""
    known = CONTENTS.get(content)
    if known is None:
        return PROCEDURES[BATHING_SAFETY] if service_type == "bathing" else None
    return PROCEDURES[known.safety_procedure] if known.safety_procedure else None


def emergency_procedure(id: str = EMERGENCY) -> Procedure:
    """The emergency procedure a plan names; the general one when it names one that is not in the catalogue."""
    return PROCEDURES.get(id, PROCEDURES[EMERGENCY])


def procedures() -> tuple[Procedure, ...]:
    """All that are acknowledged anywhere."""
    return tuple(PROCEDURES.values())


def tasks_of(content: str) -> tuple[Task, ...]:
    """The checklist at the door."""
    known = CONTENTS.get(content)
    return known.tasks if known else ()
