#include "catalog.h"

const char *const gh_catalog_surnames[SURNAMES] = {"王", "李", "张", "刘", "陈", "杨", "黄", "赵", "周", "吴", "徐", "孙", "马", "朱", "胡", "林", "郭", "何", "高", "欧阳"};
const char *const gh_catalog_given[GIVEN_NAMES] = {"伟", "芳", "娜", "敏", "静", "秀英", "丽", "强", "磊", "洋", "艳", "勇",
                                                "军", "杰", "娟", "涛", "超", "明", "霞", "平", "梓涵", "子轩", "雨桐", "浩然"};
const char *const gh_catalog_banks[BANKS] = {"甲银行", "乙银行", "丙银行", "丁银行", "戊银行", "己银行"};
const char *const gh_catalog_branches[BRANCHES] = {"陆家嘴", "徐家汇", "静安寺", "五角场", "张江", "虹桥", "松江", "嘉定"};
const char *const gh_catalog_industries[8] = {"电子", "物流", "软件", "制药", "机械", "教育", "酒店", "建筑"};
const char *const gh_catalog_topics[TOPICS] = {"wealth", "fund", "insurance", "market", "life"};
const char *const gh_catalog_channels[4] = {"app", "web", "wecom", "counter"};

const struct merchant gh_catalog_merchants[MERCHANTS] = {
  {"街角便利店", "grocery"}, {"鲜生超市", "grocery"}, {"社区菜场", "grocery"}, {"老街面馆", "dining"}, {"江南小馆", "dining"}, {"云上咖啡", "dining"},
  {"城市地铁", "transport"}, {"快行打车", "transport"}, {"百汇商场", "shopping"}, {"优品网店", "shopping"}, {"新华书城", "shopping"},
  {"康民药房", "health"}, {"家电之家", "appliance"}, {"星光影城", "leisure"},
  {"贝贝母婴", "mother_baby"}, {"东方航旅", "flight"}, {"居美家具", "furniture"}, {"通达汽车", "car"},
};

const struct product gh_catalog_products[PRODUCTS] = {
  {"W-8D", "wealth", 8}, {"W-90D", "wealth", 90}, {"W-180D", "wealth", 180}, {"F-BOND", "fund", 0}, {"F-INDEX", "fund", 0}, {"D-1Y", "deposit", 365}, {"I-CARE", "insurance", 0},
};

const struct flow_plan gh_catalog_flows[FLOWS] = {
  {"house_loan", 4, {"apply", "valuation", "documents", "submit"}},
  {"credit_card", 3, {"card_form", "card_identity", "card_done"}},
  {"fund_account", 3, {"fund_risk_test", "fund_agreement", "fund_opened"}},
};
