/* What the simulated bank's world is made of: names, merchants, products, flows. Tables alone. */
#ifndef GH_SIM_CATALOG_H
#define GH_SIM_CATALOG_H

#include <stddef.h>
#include <stdint.h>

struct merchant { const char *name, *category; };
struct product { const char *code, *kind; uint16_t term_days; }; /* term 0: no maturity */
struct flow_plan { const char *name; unsigned nsteps; const char *steps[5]; };

#define SURNAMES 20u
#define GIVEN_NAMES 24u
#define BANKS 6u
#define BRANCHES 8u
#define EMPLOYERS 40u
#define TOPICS 5u
#define FLOWS 3u
#define EVERYDAY_MERCHANTS 14u /* the first of the table */

extern const char *const gh_catalog_surnames[SURNAMES];
extern const char *const gh_catalog_given[GIVEN_NAMES];
extern const char *const gh_catalog_banks[BANKS];
extern const char *const gh_catalog_branches[BRANCHES];
extern const char *const gh_catalog_industries[8]; /* an employer is 企业 number and industry */
extern const char *const gh_catalog_topics[TOPICS];
extern const char *const gh_catalog_channels[4];

enum merchant_index { MERCHANT_BABY = EVERYDAY_MERCHANTS, MERCHANT_FLIGHT, MERCHANT_FURNITURE, MERCHANT_CAR, MERCHANTS };
extern const struct merchant gh_catalog_merchants[MERCHANTS];

enum product_index { PRODUCT_SHORT, PRODUCT_WEALTH_90, PRODUCT_WEALTH_180, PRODUCT_FUND_BOND, PRODUCT_FUND_INDEX, PRODUCT_DEPOSIT, PRODUCT_INSURANCE, PRODUCTS };
extern const struct product gh_catalog_products[PRODUCTS];

enum flow_index { FLOW_HOUSE_LOAN, FLOW_CREDIT_CARD, FLOW_FUND_ACCOUNT };
extern const struct flow_plan gh_catalog_flows[FLOWS];

enum topic_index { TOPIC_WEALTH, TOPIC_FUND, TOPIC_INSURANCE, TOPIC_MARKET, TOPIC_LIFE };

#endif
